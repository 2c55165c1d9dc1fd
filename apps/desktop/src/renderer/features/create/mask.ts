/** One act of painting. Points are in pixels of the mask. */
export type MaskAct =
  | {
      readonly kind: 'stroke';
      readonly erase: boolean;
      readonly size: number;
      readonly points: readonly (readonly [x: number, y: number])[];
    }
  | { readonly kind: 'clear' }
  | { readonly kind: 'invert' };

/** Longest side of a mask that is painted; the picture's own size is reached when it is sent. */
export const MASK_SIDE = 2048;
const INK = '#7c6cff';

/** Size that a picture is painted at. */
export function maskSize(width: number, height: number): { width: number; height: number } {
  const scale = Math.min(1, MASK_SIDE / Math.max(width, height, 1));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

function stroke(context: CanvasRenderingContext2D, { erase, size, points }: Extract<MaskAct, { kind: 'stroke' }>): void {
  const [first, ...others] = points;
  if (first === undefined) return;
  context.globalCompositeOperation = erase ? 'destination-out' : 'source-over';
  context.fillStyle = INK;
  context.strokeStyle = INK;
  context.lineWidth = size;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.beginPath();
  if (others.length === 0) {
    context.arc(first[0], first[1], size / 2, 0, 2 * Math.PI);
    context.fill();
    return;
  }
  context.moveTo(first[0], first[1]);
  for (const [x, y] of others) context.lineTo(x, y);
  context.stroke();
}

/** Carries one act out on the painting. */
export function paint(context: CanvasRenderingContext2D, act: MaskAct): void {
  const { width, height } = context.canvas;
  switch (act.kind) {
    case 'stroke':
      stroke(context, act);
      break;
    case 'clear':
      context.clearRect(0, 0, width, height);
      break;
    case 'invert':
      context.globalCompositeOperation = 'source-out';
      context.fillStyle = INK;
      context.fillRect(0, 0, width, height);
      break;
  }
  context.globalCompositeOperation = 'source-over';
}

/** Does everything again from the beginning. */
export function repaint(context: CanvasRenderingContext2D, acts: readonly MaskAct[]): void {
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  for (const act of acts) paint(context, act);
}

/** The painting as a mask: clear where it was painted, opaque elsewhere; PNG as base64. */
export async function maskOf(painted: HTMLCanvasElement): Promise<string> {
  const mask = document.createElement('canvas');
  mask.width = painted.width;
  mask.height = painted.height;
  const context = mask.getContext('2d');
  if (!context) throw new Error('no canvas');
  context.fillRect(0, 0, mask.width, mask.height);
  context.globalCompositeOperation = 'destination-out';
  context.drawImage(painted, 0, 0);
  const blob = await new Promise<Blob | null>((resolve) => mask.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('no picture of the mask');
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
