import type { ByteSource } from '../probe/byte-source.ts';

/** A part of the cleaned file: new bytes, or a range of the source (`to` is exclusive). */
export type Piece = Buffer | { readonly from: number; readonly to: number };

/** What a structural stripper decided: the cleaned file in order, and names of what it leaves out. */
export type StripPlan = {
  readonly pieces: readonly Piece[];
  /** Keys for parts that a metadata reader may not list by itself, for example `JPEG:Trailer`. */
  readonly dropped: readonly string[];
};

const READ_BYTES = 1 << 20;

/** The bytes of a plan, at most 1 MiB at a time. */
export async function* bytesOf(source: ByteSource, pieces: readonly Piece[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) {
    if (Buffer.isBuffer(piece)) {
      if (piece.length > 0) yield piece;
      continue;
    }
    for (let at = piece.from; at < piece.to; at += READ_BYTES) yield await source.read(at, Math.min(READ_BYTES, piece.to - at));
  }
}
