import type { Chapter } from './matroska-chapters.ts';

export interface Id3Tag {
  /** Text frames by their four letters, such as TIT2 for the title. */
  readonly text: Readonly<Record<string, string>>;
  readonly comment?: string;
  readonly lyrics?: string;
  readonly web?: string;
  /** A JPEG. */
  readonly cover?: Buffer;
  readonly chapters?: readonly Chapter[];
}

const UTF8 = 3;

function frame(id: string, body: Buffer): Buffer {
  const head = Buffer.alloc(10);
  head.write(id, 'latin1');
  syncSafe(body.length).copy(head, 4);
  return Buffer.concat([head, body]);
}

/** 28 bits in four bytes of seven. */
function syncSafe(value: number): Buffer {
  return Buffer.from([(value >> 21) & 127, (value >> 14) & 127, (value >> 7) & 127, value & 127]);
}

const textFrame = (id: string, text: string): Buffer => frame(id, Buffer.concat([Buffer.from([UTF8]), Buffer.from(text, 'utf8')]));
const languageFrame = (id: string, text: string): Buffer =>
  frame(id, Buffer.concat([Buffer.from([UTF8]), Buffer.from('eng\0', 'latin1'), Buffer.from(text, 'utf8')]));

function chapterFrames(chapters: readonly Chapter[]): Buffer[] {
  const frames = chapters.map((chapter, index) => {
    const times = Buffer.alloc(16, 0xff);
    times.writeUInt32BE(chapter.startMs, 0);
    times.writeUInt32BE(chapter.endMs, 4);
    return frame('CHAP', Buffer.concat([Buffer.from(`c${index}\0`), times, textFrame('TIT2', chapter.title)]));
  });
  const contents = Buffer.concat([
    Buffer.from('toc\0'),
    Buffer.from([3, chapters.length]),
    ...chapters.map((_, index) => Buffer.from(`c${index}\0`)),
  ]);
  return [frame('CTOC', contents), ...frames];
}

/** An ID3v2.4 tag (id3.org) to put before the sound, with padding as players leave it. */
export function id3Tag(tag: Id3Tag): Buffer {
  const frames = Object.entries(tag.text).map(([id, text]) => textFrame(id, text));
  if (tag.comment !== undefined) frames.push(languageFrame('COMM', tag.comment));
  if (tag.lyrics !== undefined) frames.push(languageFrame('USLT', tag.lyrics));
  if (tag.web !== undefined) frames.push(frame('WOAR', Buffer.from(tag.web, 'latin1')));
  if (tag.cover !== undefined)
    frames.push(frame('APIC', Buffer.concat([Buffer.from([UTF8]), Buffer.from('image/jpeg\0\x03Cover\0', 'latin1'), tag.cover])));
  if (tag.chapters !== undefined) frames.push(...chapterFrames(tag.chapters));
  const body = Buffer.concat([...frames, Buffer.alloc(512)]);
  return Buffer.concat([Buffer.from('ID3\x04\x00\x00', 'latin1'), syncSafe(body.length), body]);
}
