import { fields, listOf, textOf } from '../exchange.ts';
import type { Submission, SubmitAnswer } from '../port.ts';
import type { Opened } from '../sse.ts';
import { textCostOf } from './cost.ts';
import { judgeSubmit } from './errors.ts';

/** The body of `streamGenerateContent`: nothing of it is stored at the vendor. */
export function textBodyOf({ prompt, settings, sources }: Submission): Record<string, unknown> {
  const { instructions, effort, max_output_tokens } = settings;
  const pictures = sources.map(({ mime, bytes }) => ({ inlineData: { mimeType: mime, data: bytes.toString('base64') } }));
  return {
    contents: [{ role: 'user', parts: [...pictures, { text: prompt }] }],
    ...(instructions === undefined || instructions === '' ? {} : { systemInstruction: { parts: [{ text: instructions }] } }),
    generationConfig: {
      maxOutputTokens: max_output_tokens,
      // This vendor's models can't be told not to think at all.
      thinkingConfig: { thinkingLevel: effort === 'none' ? 'minimal' : effort },
    },
  };
}

const REFUSALS = new Set([
  ...['SAFETY', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII', 'RECITATION'],
  ...['IMAGE_SAFETY', 'IMAGE_PROHIBITED_CONTENT', 'IMAGE_RECITATION', 'JAILBREAK', 'MODEL_ARMOR'],
]);

/** What the fragments have said so far. */
type State = { text: string; finish: string | null; blocked: string | null; usage: unknown };

/** Reads a text while it is written. A refusal is no error of the call: it stands in an answer with status 200. */
export async function readText(opened: Opened, submission: Submission): Promise<SubmitAnswer> {
  if (opened.kind === 'answer') return judgeSubmit(opened);
  if (opened.kind !== 'events')
    return { kind: opened.kind === 'notSent' ? 'notSent' : 'unknown', requestId: null, message: opened.message };
  const { requestId } = opened;
  const state: State = { text: '', finish: null, blocked: null, usage: null };
  try {
    for await (const data of opened.events) {
      const before = state.text;
      takeIn(state, JSON.parse(data));
      if (state.text !== before) submission.onText?.(state.text);
    }
  } catch {
    // The line broke: what has come is all there is.
  }
  return verdictOf(state, requestId, submission.providerModel);
}

function takeIn(state: State, json: unknown): void {
  const fragment = fields(json);
  const candidate = fields(listOf(fragment['candidates'])[0]);
  for (const part of listOf(fields(candidate['content'])['parts']).map(fields)) {
    if (part['thought'] !== true) state.text += textOf(part['text']) ?? '';
  }
  state.finish = textOf(candidate['finishReason']) ?? state.finish;
  state.blocked = textOf(fields(fragment['promptFeedback'])['blockReason']) ?? state.blocked;
  state.usage = fragment['usageMetadata'] ?? state.usage;
}

function verdictOf({ text, finish, blocked, usage }: State, requestId: string | null, model: string): SubmitAnswer {
  const isRefused = blocked !== null || (finish !== null && REFUSALS.has(finish));
  if (text === '') {
    if (isRefused) return { kind: 'refused', requestId, categories: [] };
    if (finish === null) return { kind: 'unknown', requestId, message: 'the stream ended without an end' };
    return { kind: 'unreadable', requestId, message: `the answer holds no text (${finish})` };
  }
  const isWhole = finish === 'STOP' || finish === 'MAX_TOKENS';
  const { promptTokenCount: input, candidatesTokenCount: written, thoughtsTokenCount: thought } = fields(usage);
  // The last fragment has the count of the whole; without its end the count is of a part.
  const tokens =
    isWhole && typeof input === 'number' && typeof written === 'number' ? { input, output: written + Number(thought ?? 0) } : null;
  const costMicroUsd = tokens && textCostOf(model, tokens);
  const outputs = [Buffer.from(text, 'utf8')];
  return { kind: 'delivered', requestId, outputs, usage, tokens, costMicroUsd, ...(isWhole ? {} : { isPartial: true }) };
}
