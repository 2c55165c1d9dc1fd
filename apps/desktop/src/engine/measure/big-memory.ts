/** Smaller buffers may share their memory with others, and the collector is soon there for them anyway. */
const WORTH_BYTES = 1 << 20;

/**
 * Gives a large buffer's memory back at once. The collector doesn't know how much hangs on a buffer of pixels and would let several
 * of them pile up. Nothing may read the buffer afterwards.
 * @param bytes a view of all of its own memory; others are left alone
 */
export function release(bytes: Uint8Array | Float32Array | undefined): void {
  if (bytes === undefined || bytes.byteLength < WORTH_BYTES || bytes.byteLength !== bytes.buffer.byteLength) return;
  // Moving the memory into a buffer of length zero frees it.
  if (bytes.buffer instanceof ArrayBuffer) bytes.buffer.transfer(0);
}
