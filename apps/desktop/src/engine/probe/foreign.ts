/** Things that people drop into a media program; named in errors so that the refusal makes sense. */
type ForeignKind = 'program' | 'script' | 'playlist' | 'svg' | 'text' | 'document' | 'archive' | 'image' | 'video' | 'unknown';

const startsWith = (head: Buffer, hex: string) => head.subarray(0, hex.length / 2).equals(Buffer.from(hex, 'hex'));

function isText(head: Buffer): boolean {
  const sample = head.subarray(0, 4096);
  for (const byte of sample) if (byte < 9 || (byte > 13 && byte < 27)) return false;
  return sample.length > 1;
}

function nameText(head: Buffer): ForeignKind {
  const text = head
    .toString('utf8', 0, 4096)
    .replace(/^\uFEFF/, '')
    .trimStart();
  if (text.startsWith('#!')) return 'script';
  if (/^(#EXTM3U|ffconcat|\[playlist\]|file\s+'|v=0\r?\n)/i.test(text)) return 'playlist';
  if (/<(MPD|smil|asx|playlist)[\s>]/i.test(text)) return 'playlist';
  return /<svg[\s>]/i.test(text) ? 'svg' : 'text';
}

/** Says what a file is that is none of our media. Never throws. */
export function nameForeign(head: Buffer): ForeignKind {
  if (startsWith(head, '4d5a') || startsWith(head, '7f454c46')) return 'program';
  if (['feedface', 'feedfacf', 'cefaedfe', 'cffaedfe', 'cafebabe'].some((magic) => startsWith(head, magic))) return 'program';
  if (startsWith(head, '25504446') || startsWith(head, 'd0cf11e0')) return 'document';
  if (['504b0304', '1f8b', '377abcaf', '52617221', '425a68', 'fd377a58'].some((magic) => startsWith(head, magic))) return 'archive';
  if (startsWith(head, '424d') || startsWith(head, '38425053') || startsWith(head, '0000000c6a502020')) return 'image';
  if (startsWith(head, '3026b2758e66cf11') || startsWith(head, '464c5601') || startsWith(head, '000001ba')) return 'video';
  if (head.toString('latin1', 0, 4) === 'OggS') return 'video';
  return isText(head) ? nameText(head) : 'unknown';
}
