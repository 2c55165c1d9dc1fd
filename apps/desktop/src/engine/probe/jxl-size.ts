/** Reads bits from the low end of each byte up, as JPEG XL packs them (ISO/IEC 18181-1, 6.2). */
class Bits {
  private readonly bytes: Buffer;
  private at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  read(count: number): number {
    let value = 0;
    for (let n = 0; n < count; n += 1, this.at += 1) value += (((this.bytes[this.at >> 3] ?? 0) >> (this.at & 7)) & 1) * 2 ** n;
    return value;
  }
}

const LENGTHS = [9, 13, 18, 30] as const;
/** Width to height, for headers that name a ratio instead of a width. */
const RATIOS: Readonly<Record<number, readonly [number, number]>> = {
  1: [1, 1],
  2: [12, 10],
  3: [4, 3],
  4: [3, 2],
  5: [16, 9],
  6: [5, 4],
  7: [2, 1],
};

/** Where the picture's own bytes begin: at once, or in the first `jxlc` or `jxlp` box of a container. */
function codestream(head: Buffer): Buffer | undefined {
  if (head[0] === 0xff && head[1] === 0x0a) return head;
  for (const [type, skip] of [
    ['jxlc', 4],
    ['jxlp', 8],
  ] as const) {
    const at = head.indexOf(type);
    if (at >= 0 && head[at + skip] === 0xff && head[at + skip + 1] === 0x0a) return head.subarray(at + skip);
  }
  return undefined;
}

/**
 * Size from a JPEG XL SizeHeader (ISO/IEC 18181-1, D.2), before orientation.
 * @returns undefined when the codestream begins outside of `head`
 */
export function jxlSize(head: Buffer): { width: number; height: number } | undefined {
  const stream = codestream(head);
  if (!stream) return undefined;
  const bits = new Bits(stream.subarray(2, 32));
  const isSmall = bits.read(1) === 1;
  const side = () => 1 + (isSmall ? bits.read(5) * 8 + 7 : bits.read(LENGTHS[bits.read(2) as 0 | 1 | 2 | 3]));
  const height = side();
  const ratio = RATIOS[bits.read(3)];
  return ratio ? { width: Math.floor((height * ratio[0]) / ratio[1]), height } : { width: side(), height };
}
