import sharp from 'sharp';
import { DashScopeRefusal } from './bodies.ts';

/** A data URI: there is nothing on the internet to fetch from here. @throws DashScopeRefusal 400 InvalidParameter */
export async function pictureOf(url: string): Promise<{ bytes: Buffer; ratio: number }> {
  const text = /^data:image\/(?:png|jpeg|bmp|webp);base64,([A-Za-z0-9+/]+={0,2})$/.exec(url)?.[1];
  const bytes = Buffer.from(text ?? '', 'base64');
  const read = () => sharp(bytes).metadata();
  const facts = bytes.length === 0 ? null : await read().catch(() => null);
  if (!facts) throw new DashScopeRefusal(400, 'InvalidParameter', 'the image can not be read');
  const { width, height } = facts.autoOrient;
  const ratio = width / height;
  if (bytes.length > 20 * 1024 * 1024 || Math.min(width, height) < 240 || Math.max(width, height) > 8000 || ratio > 8 || ratio < 1 / 8) {
    throw new DashScopeRefusal(400, 'InvalidParameter', 'the image is too large, too small or too narrow');
  }
  return { bytes, ratio };
}
