/**
 * H.264 and H.265 as MP4 and Matroska hold them (ISO/IEC 14496-15): each unit behind its length. FFmpeg's own filter for
 * this job turns lengths into start codes, which the container then mislabels, so the few lines are ours.
 */
export type NalCodec = 'h264' | 'hevc';

/** Supplemental enhancement information: encoder settings, camera data, user text. */
function isSei(codec: NalCodec, header: number): boolean {
  if (codec === 'h264') return (header & 0x1f) === 6;
  const type = (header >> 1) & 0x3f;
  return type === 39 || type === 40;
}

/** Bytes of each unit's length, from `avcC` or `hvcC`; undefined for streams with start codes. */
export function nalLengthBytes(codec: NalCodec, extradata: Buffer | null): number | undefined {
  if (extradata === null || extradata.length < (codec === 'h264' ? 7 : 23) || extradata[0] !== 1) return undefined;
  return ((extradata[codec === 'h264' ? 4 : 21] ?? 0) & 3) + 1;
}

/**
 * One coded picture without its SEI units; the same buffer when there are none or when the lengths make no sense.
 * @param lengthBytes 1, 2 or 4
 */
export function withoutSei(data: Buffer, codec: NalCodec, lengthBytes: number): Buffer {
  const kept: Buffer[] = [];
  let at = 0;
  let dropped = false;
  while (at + lengthBytes < data.length) {
    const end = at + lengthBytes + data.readUIntBE(at, lengthBytes);
    if (end > data.length) return data;
    if (isSei(codec, data[at + lengthBytes] ?? 0)) dropped = true;
    else kept.push(data.subarray(at, end));
    at = end;
  }
  return dropped && at === data.length ? Buffer.concat(kept) : data;
}

/** An `hvcC` record without its arrays of SEI units, in which encoders write their settings (ISO/IEC 14496-15, 8.3.3.1). */
export function hvccWithoutSei(record: Buffer): Buffer {
  const arrays: Buffer[] = [];
  let at = 23;
  for (let n = 0; n < (record[22] ?? 0); n += 1) {
    const start = at;
    if (at + 3 > record.length) return record;
    const units = record.readUInt16BE(at + 1);
    at += 3;
    for (let unit = 0; unit < units; unit += 1) {
      if (at + 2 > record.length) return record;
      at += 2 + record.readUInt16BE(at);
    }
    if (at > record.length) return record;
    const type = (record[start] ?? 0) & 0x3f;
    if (type !== 39 && type !== 40) arrays.push(record.subarray(start, at));
  }
  const head = Buffer.from(record.subarray(0, 23));
  head[22] = arrays.length;
  return Buffer.concat([head, ...arrays]);
}
