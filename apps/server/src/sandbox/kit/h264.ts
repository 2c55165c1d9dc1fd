/**
 * A very small H.264 encoder (ITU-T H.264, constrained baseline profile, CAVLC): what changes between two pictures goes as raw
 * macroblocks (I_PCM), what doesn't is skipped. Large for real films, but ours stand still except for a small moving mark, and any
 * player opens them.
 */

/** Planes of one picture, 4:2:0, both sides multiples of 16. */
export type Yuv = { width: number; height: number; y: Uint8Array; u: Uint8Array; v: Uint8Array };

class Bits {
  private readonly bytes: number[] = [];
  private current = 0;
  private used = 0;

  put(value: number, count: number): void {
    for (let i = count - 1; i >= 0; i -= 1) {
      this.current = (this.current << 1) | ((value >>> i) & 1);
      this.used += 1;
      if (this.used === 8) {
        this.bytes.push(this.current);
        this.current = 0;
        this.used = 0;
      }
    }
  }

  /** Exp-Golomb, unsigned (9.1). */
  ue(value: number): void {
    const length = 32 - Math.clz32(value + 1);
    this.put(0, length - 1);
    this.put(value + 1, length);
  }

  /** Exp-Golomb, signed. */
  se(value: number): void {
    this.ue(value > 0 ? value * 2 - 1 : -value * 2);
  }

  alignZero(): void {
    while (this.used !== 0) this.put(0, 1);
  }

  raw(samples: Uint8Array): void {
    for (const sample of samples) this.bytes.push(sample);
  }

  /** rbsp_trailing_bits. */
  end(): number[] {
    this.put(1, 1);
    this.alignZero();
    return this.bytes;
  }
}

/** A NAL unit without start code; bytes that would look like one are escaped (7.4.1). */
function nal(header: number, payload: readonly number[]): Buffer {
  const out = Buffer.alloc(1 + Math.ceil(payload.length * 1.5) + 1);
  out[0] = header;
  let at = 1;
  let zeros = 0;
  for (const byte of payload) {
    if (zeros === 2 && byte <= 3) {
      out[at++] = 3;
      zeros = 0;
    }
    out[at++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return out.subarray(0, at);
}

/** Sequence parameters (7.3.2.1.1) for this picture size; `crop` is what the last rows and columns are too many. */
export function sequenceParameters(width: number, height: number, crop: { right: number; bottom: number }): Buffer {
  const bits = new Bits();
  // Baseline, constraint sets 0 and 1, level 4.0 (1080p30).
  bits.put(66, 8);
  bits.put(0xc0, 8);
  bits.put(40, 8);
  bits.ue(0);
  bits.ue(0); // log2_max_frame_num - 4
  bits.ue(2); // pic_order_cnt_type: as decoded
  bits.ue(1); // max_num_ref_frames
  bits.put(0, 1);
  bits.ue(width / 16 - 1);
  bits.ue(height / 16 - 1);
  bits.put(1, 1); // frame_mbs_only
  bits.put(1, 1); // direct_8x8_inference
  const isCropped = crop.right > 0 || crop.bottom > 0;
  bits.put(isCropped ? 1 : 0, 1);
  if (isCropped) for (const value of [0, crop.right / 2, 0, crop.bottom / 2]) bits.ue(value);
  bits.put(0, 1); // no VUI
  return nal(0x67, bits.end());
}

/** Picture parameters (7.3.2.2): CAVLC, and the loop filter can be switched off by the slice. */
export function pictureParameters(): Buffer {
  const bits = new Bits();
  bits.ue(0);
  bits.ue(0);
  bits.put(0, 2); // CAVLC, no bottom field order
  bits.ue(0); // one slice group
  bits.ue(0);
  bits.ue(0);
  bits.put(0, 3); // no weighting
  bits.se(0);
  bits.se(0);
  bits.se(0);
  bits.put(0b100, 3); // deblocking_filter_control_present
  return nal(0x68, bits.end());
}

/**
 * Encodes one picture.
 * @param changed numbers of the macroblocks (row by row) that differ from the picture before; null makes a key picture
 * @param n number since the last key picture
 */
export function encodePicture(picture: Yuv, changed: ReadonlySet<number> | null, n: number): Buffer {
  const bits = new Bits();
  const isKey = changed === null;
  bits.ue(0); // first macroblock
  bits.ue(isKey ? 7 : 5); // I or P, all slices alike
  bits.ue(0);
  bits.put(n % 16, 4); // frame_num
  if (isKey)
    bits.ue(0); // idr_pic_id
  else bits.put(0, 2); // reference count as in the parameters, lists not reordered
  if (isKey)
    bits.put(0, 2); // dec_ref_pic_marking
  else bits.put(0, 1);
  bits.se(0); // QP
  bits.ue(1); // loop filter off
  const columns = picture.width / 16;
  const count = columns * (picture.height / 16);
  let skipped = 0;
  for (let block = 0; block < count; block += 1) {
    if (changed?.has(block) === false) {
      skipped += 1;
      continue;
    }
    if (!isKey) bits.ue(skipped);
    skipped = 0;
    bits.ue(isKey ? 25 : 30); // I_PCM
    bits.alignZero();
    bits.raw(blockOf(picture, block % columns, Math.floor(block / columns)));
  }
  if (!isKey && skipped > 0) bits.ue(skipped);
  return nal(isKey ? 0x65 : 0x61, bits.end());
}

/** 256 luma, 64 blue and 64 red samples of a macroblock. */
function blockOf(picture: Yuv, column: number, row: number): Uint8Array {
  const block = new Uint8Array(384);
  for (let line = 0; line < 16; line += 1) {
    const at = (row * 16 + line) * picture.width + column * 16;
    block.set(picture.y.subarray(at, at + 16), line * 16);
  }
  for (const [plane, to] of [
    [picture.u, 256],
    [picture.v, 320],
  ] as const) {
    for (let line = 0; line < 8; line += 1) {
      const at = ((row * 8 + line) * picture.width) / 2 + column * 8;
      block.set(plane.subarray(at, at + 8), to + line * 8);
    }
  }
  return block;
}
