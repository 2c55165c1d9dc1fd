import type { Random } from './random.ts';

/** Values at which arithmetic goes wrong: signs, overflows, "nothing" and "everything". */
const EDGES = [0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff] as const;
/** Where formats keep their structure. */
const HEAD = 4096;
/** How much of a file may be added by one change. */
const MOST_ADDED = 64 * 1024;

type Mutation = (bytes: Buffer, random: Random, other: Buffer) => Buffer;

/** A place in the file, more often near its start. */
function place(bytes: Buffer, random: Random, room = 1): number {
  const end = Math.max(1, bytes.length - room + 1);
  return random.below(random.chance(0.6) ? Math.min(end, HEAD) : end);
}

function piece(bytes: Buffer, random: Random): Buffer {
  const at = place(bytes, random);
  return bytes.subarray(at, at + 1 + random.below(Math.min(MOST_ADDED, bytes.length - at)));
}

const flipBits: Mutation = (bytes, random) => {
  for (let n = 1 + random.below(32); n > 0; n -= 1) {
    const at = place(bytes, random);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  }
  return bytes;
};

const setBytes: Mutation = (bytes, random) => {
  for (let n = 1 + random.below(8); n > 0; n -= 1) bytes[place(bytes, random)] = random.pick(EDGES) & 0xff;
  return bytes;
};

const truncate: Mutation = (bytes, random) => bytes.subarray(0, random.chance(0.3) ? place(bytes, random) : random.below(bytes.length));

const zero: Mutation = (bytes, random) => {
  const at = place(bytes, random);
  bytes.fill(random.pick([0, 0xff]), at, Math.min(bytes.length, at + 1 + random.below(2048)));
  return bytes;
};

const splice: Mutation = (bytes, random, other) => {
  const at = place(bytes, random);
  return Buffer.concat([bytes.subarray(0, at), piece(other, random), bytes.subarray(random.chance(0.5) ? at : place(bytes, random))]);
};

const duplicate: Mutation = (bytes, random) => {
  const part = piece(bytes, random);
  const at = place(bytes, random);
  const times = random.chance(0.2) ? 1 + random.below(8) : 1;
  return Buffer.concat([bytes.subarray(0, at), ...Array.from({ length: times }, () => part), bytes.subarray(at)]);
};

const remove: Mutation = (bytes, random) => {
  const at = place(bytes, random);
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(1024))]);
};

/** Starts of names of four letters or digits, as boxes and chunks have them. */
function names(bytes: Buffer): number[] {
  const found: number[] = [];
  const end = Math.min(bytes.length - 8, 4 * HEAD);
  for (let at = 4, run = 0; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    const isLetter = (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x30 && byte <= 0x39) || byte === 0x20;
    run = isLetter ? run + 1 : 0;
    if (run >= 4) found.push(at - 3);
  }
  return found;
}

function write32(bytes: Buffer, at: number, value: number, isBig: boolean): void {
  if (at < 0 || at + 4 > bytes.length) return;
  if (isBig) bytes.writeUInt32BE(value >>> 0, at);
  else bytes.writeUInt32LE(value >>> 0, at);
}

/** A value near the old one, or one of the edges. */
function otherLength(old: number, random: Random): number {
  return random.chance(0.4) ? Math.max(0, old + random.below(65) - 32) : random.chance(0.2) ? old * 2 : random.pick(EDGES);
}

/** Lengths before names (ISO boxes, PNG) or after them (RIFF), JPEG segments, or any aligned number. */
const editLength: Mutation = (bytes, random) => {
  for (let n = 1 + random.below(3); n > 0 && bytes.length >= 12; n -= 1) {
    if (bytes[0] === 0xff && bytes[1] === 0xd8 && random.chance(0.7)) {
      const markers: number[] = [];
      for (let at = 2; at + 4 < Math.min(bytes.length, 4 * HEAD); at += 1) {
        if (bytes[at] === 0xff && (bytes[at + 1] ?? 0) >= 0xc0 && (bytes[at + 1] ?? 0) !== 0xff) markers.push(at + 2);
      }
      if (markers.length === 0) continue;
      const at = random.pick(markers);
      bytes.writeUInt16BE(otherLength(bytes.readUInt16BE(at), random) & 0xffff, at);
      continue;
    }
    const known = random.chance(0.75) ? names(bytes) : [];
    const name = known.length === 0 ? undefined : random.pick(known);
    const isRiff = bytes.toString('latin1', 0, 4) === 'RIFF';
    const at = name === undefined ? place(bytes, random, 4) & ~1 : isRiff ? name + 4 : name - 4;
    if (at < 0 || at + 4 > bytes.length) continue;
    const isBig = name === undefined ? random.chance(0.5) : !isRiff;
    write32(bytes, at, otherLength(isBig ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at), random), isBig);
  }
  return bytes;
};

/** Swaps the names of two chunks or boxes. */
const rename: Mutation = (bytes, random) => {
  const known = names(bytes);
  if (known.length < 2) return flipBits(bytes, random, bytes);
  const [a, b] = [random.pick(known), random.pick(known)];
  const kept = Buffer.from(bytes.subarray(a, a + 4));
  bytes.copy(bytes, a, b, b + 4);
  kept.copy(bytes, b);
  return bytes;
};

const MUTATIONS = { flipBits, setBytes, truncate, zero, splice, duplicate, remove, editLength, rename } as const;
type MutationName = keyof typeof MUTATIONS;
/** Lengths are where parsers break, so they come more often. */
const WEIGHTED: readonly MutationName[] = [
  ...(Object.keys(MUTATIONS) as MutationName[]),
  'editLength',
  'editLength',
  'editLength',
  'flipBits',
  'splice',
];

/**
 * Changes a file in one to four ways.
 * @param bytes the good file; not changed itself
 * @param other another good file, to take pieces from
 * @returns the changed bytes and what was done to them, in order
 */
export function mutate(bytes: Buffer, other: Buffer, random: Random): { readonly bytes: Buffer; readonly how: readonly string[] } {
  let now: Buffer = Buffer.from(bytes);
  const how: string[] = [];
  for (let n = 1 + random.below(4); n > 0 && now.length > 0; n -= 1) {
    const name = random.pick(WEIGHTED);
    now = MUTATIONS[name](now, random, other);
    how.push(name);
  }
  return { bytes: now, how };
}
