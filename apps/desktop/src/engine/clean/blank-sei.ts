const START = Buffer.from([0, 0, 1]);
const SEI = 6;
/** A payload of SEI that means nothing and is there to take up room (ITU-T H.264, annex D.1.4). */
const FILLER_PAYLOAD = 3;

/** So many bytes of filler: type, size, `ff`s, stop bit; bytes that no size can express become zeros behind the unit. @param length at least 3 */
function filler(length: number): Buffer {
  const out = Buffer.alloc(length);
  for (let payload = length - 3; payload >= 0; payload -= 1) {
    const sizeBytes = Math.floor(payload / 255) + 1;
    if (1 + sizeBytes + payload + 1 > length) continue;
    out[0] = FILLER_PAYLOAD;
    out.fill(0xff, 1, sizeBytes);
    out[sizeBytes] = payload % 255;
    out.fill(0xff, 1 + sizeBytes, 1 + sizeBytes + payload);
    out[1 + sizeBytes + payload] = 0x80;
    return out;
  }
  return out;
}

type Unit = { readonly from: number; readonly to: number };

/** Units between start codes (annex B). */
function* betweenStartCodes(data: Buffer): Generator<Unit> {
  for (let at = data.indexOf(START); at >= 0; ) {
    const next = data.indexOf(START, at + 3);
    // The zero before a longer start code belongs to that one.
    yield { from: at + 3, to: next < 0 ? data.length : data[next - 1] === 0 ? next - 1 : next };
    at = next;
  }
}

/** Units behind their lengths, as MP4 has them and as some programs put them into AVI; none when the lengths don't add up. */
function behindLengths(data: Buffer): Unit[] {
  const units: Unit[] = [];
  let at = 0;
  while (at + 4 < data.length) {
    const to = at + 4 + data.readUInt32BE(at);
    if (to > data.length) return [];
    units.push({ from: at + 4, to });
    at = to;
  }
  return at === data.length ? units : [];
}

/**
 * One coded picture of H.264 as AVI holds it, in which all supplemental information (encoder settings, user text, places) is
 * overwritten with filler of the same length. Doing it twice changes nothing.
 * @returns the same buffer when there is nothing of that kind
 */
export function blankSei(data: Buffer): Buffer {
  // A length may look like a start code, but lengths add up to the whole only where they are meant.
  const units = behindLengths(data);
  let out = data;
  for (const { from, to } of units.length > 0 ? units : betweenStartCodes(data)) {
    if (((data[from] ?? 0) & 0x1f) !== SEI || to - from < 4) continue;
    if (out === data) out = Buffer.from(data);
    filler(to - from - 1).copy(out, from + 1);
  }
  return out;
}
