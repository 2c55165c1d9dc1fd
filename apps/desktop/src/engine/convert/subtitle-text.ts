import { AppError } from '@pingplex/shared/errors';

/** One subtitle: when it is shown, in milliseconds, and its lines with the tags b, i and u at most. */
export type Cue = { readonly startMs: number; readonly endMs: number; readonly text: string };

/** Something in a subtitle file that can't be understood; `line` counts from 1. */
function broken(line: number, what: string): AppError {
  return new AppError('engine.stepNotPossible', `subtitles, line ${line}: ${what}`, { params: { reason: 'subtitlesBroken', line } });
}

const CLOCK = /^(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})$/;

function clockMs(text: string, line: number): number {
  const match = CLOCK.exec(text.trim());
  if (!match) throw broken(line, `${JSON.stringify(text.slice(0, 40))} is no time`);
  const [, hours = '0', minutes = '0', seconds = '0', part = '0'] = match;
  if (Number(minutes) > 59 || Number(seconds) > 59) throw broken(line, 'minutes and seconds go up to 59');
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(part.padEnd(3, '0'));
}

const KEPT_TAGS = /^<\/?[biu]>$/i;
/** Only bold, italic and underlined stay; voices, classes, colours and time marks go. */
function tidy(lines: readonly string[]): string {
  return lines
    .join('\n')
    .replaceAll(/<[^<>]*>/g, (tag) => (KEPT_TAGS.test(tag) ? tag.toLowerCase() : ''))
    .replaceAll(/\{\\[^}]*\}/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&lrm;', '')
    .replaceAll('&rlm;', '')
    .replaceAll('&amp;', '&')
    .trim();
}

type Line = { readonly text: string; readonly n: number };

/** Blocks of lines between empty lines, each line with its number. */
function blocksOf(text: string): Line[][] {
  const blocks: Line[][] = [];
  let block: Line[] = [];
  for (const [at, raw] of text.split(/\r\n|\r|\n/).entries()) {
    const line = raw.trimEnd();
    if (line.trim() !== '') block.push({ text: line, n: at + 1 });
    else if (block.length > 0) {
      blocks.push(block);
      block = [];
    }
  }
  if (block.length > 0) blocks.push(block);
  return blocks;
}

function cueOf(block: readonly Line[], isVtt: boolean): Cue {
  const at = block.findIndex((line) => line.text.includes('-->'));
  const [first] = block;
  if (at < 0 || at > 1) throw broken(first?.n ?? 1, 'a time like 00:00:01,000 --> 00:00:02,000 is missing');
  const lead = block[0];
  if (at === 1 && !isVtt && lead && !/^\d+$/.test(lead.text.trim())) throw broken(lead.n, 'the number of the subtitle is missing');
  const timing = block[at];
  const [start = '', end = ''] = (timing?.text ?? '').split('-->');
  const n = timing?.n ?? 1;
  const startMs = clockMs(start, n);
  const endMs = clockMs(end.trim().split(/\s+/)[0] ?? '', n);
  if (endMs < startMs) throw broken(n, 'the subtitle ends before it begins');
  return { startMs, endMs, text: tidy(block.slice(at + 1).map((line) => line.text)) };
}

const MAX_CUES = 20_000;
const VTT_ASIDE = /^(WEBVTT|NOTE|STYLE|REGION)\b/;

/**
 * Understands SubRip (SRT) and WebVTT, told apart by the first line. Cues come in the order of time; empty ones are left out.
 * @throws AppError `engine.stepNotPossible` with reason `subtitlesBroken` and the number of the line
 */
export function parseSubtitles(text: string): Cue[] {
  const clean = text.replace(/^\uFEFF/, '');
  const isVtt = /^WEBVTT(\s|$)/.test(clean);
  const cues: Cue[] = [];
  for (const block of blocksOf(clean)) {
    const [head] = block;
    if (isVtt && head && VTT_ASIDE.test(head.text) && !head.text.includes('-->')) continue;
    const cue = cueOf(block, isVtt);
    if (cue.text !== '' && cue.endMs > cue.startMs) cues.push(cue);
    if (cues.length > MAX_CUES) throw broken(head?.n ?? 1, `more than ${MAX_CUES} subtitles`);
  }
  if (cues.length === 0) throw broken(1, 'there is not one subtitle in it');
  return cues.sort((a, b) => a.startMs - b.startMs);
}

/** The cues of a part, on its own clock. */
export function cuesWithin(cues: readonly Cue[], startMs: number, lengthMs: number | undefined): Cue[] {
  const length = lengthMs ?? Number.POSITIVE_INFINITY;
  return cues
    .map((cue) => ({ ...cue, startMs: Math.max(0, cue.startMs - startMs), endMs: Math.min(length, cue.endMs - startMs) }))
    .filter((cue) => cue.endMs > cue.startMs);
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Hours, minutes, seconds and the given number of decimals. */
function clock(ms: number, decimals: 2 | 3, comma: ',' | '.'): string {
  const whole = Math.round(ms / 10 ** (3 - decimals));
  const unit = 10 ** decimals;
  const seconds = Math.floor(whole / unit);
  const hours = Math.floor(seconds / 3600);
  const head = decimals === 2 ? String(hours) : two(hours);
  return `${head}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}${comma}${String(whole % unit).padStart(decimals, '0')}`;
}

export const plainText = (text: string): string => text.replaceAll(/<\/?[biu]>/g, '');

/** The cues as SubRip. */
export function srtText(cues: readonly Cue[]): string {
  return cues.map((cue, n) => `${n + 1}\n${clock(cue.startMs, 3, ',')} --> ${clock(cue.endMs, 3, ',')}\n${cue.text}\n`).join('\n');
}

/** Braces and backslashes are orders in ASS; full-width and divided forms look the same and order nothing. */
const assLine = (text: string): string =>
  text
    .replaceAll('\\', '\\\u2060')
    .replaceAll('{', '\\{')
    .replaceAll('}', '\\}')
    .replaceAll(/<(\/?)([biu])>/g, (_, off: string, tag: string) => `{\\${tag}${off ? 0 : 1}}`)
    .replaceAll('\n', '\\N');

/**
 * The cues as Advanced SubStation Alpha for a picture of this size: white with a dark outline, at the bottom, in lines that stay inside.
 * @param font family that the text renderer is asked for
 */
export function assText(cues: readonly Cue[], size: { readonly width: number; readonly height: number }, font: string): string {
  const short = Math.min(size.width, size.height);
  const fontSize = Math.max(10, Math.round(short * 0.062));
  const outline = Math.max(1, Math.round(fontSize * 0.07 * 10) / 10);
  const side = Math.round(size.width * 0.06);
  const low = Math.round(size.height * (size.height > size.width ? 0.14 : 0.06));
  const style = [
    ...[font, fontSize, '&H00FFFFFF', '&H00FFFFFF', '&H00101010', '&H80000000'],
    ...[0, 0, 0, 0, 100, 100, 0, 0, 1, outline, outline / 2, 2, side, side, low, 1],
  ].join(',');
  return [
    '[Script Info]',
    'ScriptType: v4.00+',
    `PlayResX: ${size.width}`,
    `PlayResY: ${size.height}`,
    'WrapStyle: 0',
    'ScaledBorderAndShadow: yes',
    '',
    '[V4+ Styles]',
    'Format: Name,Fontname,Fontsize,PrimaryColour,SecondaryColour,OutlineColour,BackColour,Bold,Italic,Underline,StrikeOut,ScaleX,ScaleY,Spacing,Angle,BorderStyle,Outline,Shadow,Alignment,MarginL,MarginR,MarginV,Encoding',
    `Style: Default,${style}`,
    '',
    '[Events]',
    'Format: Layer,Start,End,Style,Name,MarginL,MarginR,MarginV,Effect,Text',
    ...cues.map((cue) => `Dialogue: 0,${clock(cue.startMs, 2, '.')},${clock(cue.endMs, 2, '.')},Default,,0,0,0,,${assLine(cue.text)}`),
    '',
  ].join('\n');
}
