import { crc32, deflateSync } from 'node:zlib';

const IHDR_END = 33;
const NOT_BEHIND = new Set(['iCCP', 'sRGB', 'gAMA', 'cHRM', 'cICP']);

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

/**
 * Puts a colour profile into a PNG that has none, so that its pixels are read in that colour space (PNG 1.2, 4.2.2.4 iCCP).
 * @param png whole file; colour chunks that it has are dropped
 * @param icc the profile's bytes
 */
export function withProfile(png: Buffer, icc: Buffer): Buffer {
  const parts = [png.subarray(0, IHDR_END), chunk('iCCP', Buffer.concat([Buffer.from('profile\0\0', 'latin1'), deflateSync(icc)]))];
  for (let at = IHDR_END; at + 12 <= png.length; ) {
    const end = at + 12 + png.readUInt32BE(at);
    if (!NOT_BEHIND.has(png.toString('latin1', at + 4, at + 8))) parts.push(png.subarray(at, end));
    at = end;
  }
  return Buffer.concat(parts);
}
