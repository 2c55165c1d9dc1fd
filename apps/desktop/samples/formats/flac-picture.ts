/** Body of a FLAC PICTURE block (RFC 9639, section 8.8) with a JPEG as front cover; Vorbis comments carry the same in base64. */
export function pictureBlock(jpeg: Buffer, width: number, height: number): Buffer {
  const mime = Buffer.from('image/jpeg');
  const text = Buffer.from('Cover');
  const numbers = (...values: number[]): Buffer => {
    const bytes = Buffer.alloc(values.length * 4);
    values.forEach((value, index) => {
      bytes.writeUInt32BE(value, index * 4);
    });
    return bytes;
  };
  return Buffer.concat([numbers(3, mime.length), mime, numbers(text.length), text, numbers(width, height, 24, 0, jpeg.length), jpeg]);
}

/** Puts a PICTURE block right behind STREAMINFO. */
export function addFlacPicture(file: Buffer, picture: Buffer): Buffer {
  const at = 4 + 4 + file.readUIntBE(5, 3);
  const head = Buffer.alloc(4);
  head.writeUInt8(6, 0);
  head.writeUIntBE(picture.length, 1, 3);
  return Buffer.concat([file.subarray(0, at), head, picture, file.subarray(at)]);
}
