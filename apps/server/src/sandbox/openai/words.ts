import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { shortened } from '../kit/faults.ts';
import { readSpeechOrder, readTranscriptOrder, speech, transcript } from './audio.ts';
import { readForm, shownForm } from './images.ts';
import { ApiError } from './order.ts';
import { refuseWhenTold } from './refusals.ts';
import { readTextOrder, streamText, TEXT_MODELS } from './responses.ts';
import type { SandboxState } from './state.ts';

const ROUTES = ['POST /v1/responses', 'POST /v1/audio/speech', 'POST /v1/audio/transcriptions'];
export const WORD_MODELS = [
  ...TEXT_MODELS,
  'gpt-4o-mini-tts',
  'tts-1',
  'tts-1-hd',
  'gpt-transcribe',
  'whisper-1',
  'omni-moderation-latest',
];
export const isWordsRoute = (route: string): boolean => ROUTES.includes(route);

type Call = {
  route: string;
  body: Buffer;
  request: IncomingMessage;
  response: ServerResponse;
  state: SandboxState;
  requestId: string;
  send(response: ServerResponse, status: number, body: unknown, requestId: string): void;
};
/** An order that was checked, and how it is answered once it is paid. */
type Order = { model: string; prompt: string; sources: number; body: unknown; answer(): Promise<void> };

/**
 * Texts, speech and transcripts. Words in the prompt order faults as they do for pictures; besides them [[cut]] breaks a text off in
 * the middle, [[failing]] lets it fail there, and [[refusal]] lets the model decline.
 */
export async function answerWords(call: Call): Promise<void> {
  const { route, state, requestId, response } = call;
  const order = await read(call);
  const says = (word: string): boolean => order.prompt.includes(`[[${word}]]`);
  refuseWhenTold(state, says);
  // From here on the call is paid, whatever becomes of the answer.
  const { model, prompt, sources, body } = order;
  state.record({ at: new Date().toISOString(), requestId, path: route.split(' ')[1] ?? '', model, prompt, n: 1, sources, body });
  response.once('close', state.begin());
  const delay = Math.max(state.controls().delayMs, Number(/\[\[slow:(\d+)\]\]/.exec(prompt)?.[1] ?? 0));
  if (delay > 0) await wait(delay);
  if (says('drop') || state.use('acceptThenDrop')) response.destroy();
  else if (!says('hang') && !state.use('hang')) await order.answer();
}

async function read(call: Call): Promise<Order> {
  const { route, response, requestId } = call;
  if (route === 'POST /v1/audio/transcriptions') {
    const form = await readForm(call.body, call.request.headers['content-type'] ?? '');
    const order = readTranscriptOrder(form);
    const answer = async (): Promise<void> => {
      const made = transcript(order);
      if (typeof made !== 'string') return call.send(response, 200, made, requestId);
      response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'x-request-id': requestId });
      response.end(made);
    };
    return { model: order.model, prompt: order.prompt ?? '', sources: 1, body: shownForm(form), answer };
  }
  const body = json(call.body);
  if (route === 'POST /v1/audio/speech') {
    const order = readSpeechOrder(body);
    const answer = async (): Promise<void> => {
      const bytes = order.input.includes('[[wrong]]') ? Buffer.from('this is no sound') : speech(order);
      response.writeHead(200, { 'content-type': 'audio/wav', 'x-request-id': requestId });
      response.end(bytes);
    };
    return { model: order.model, prompt: order.input, sources: 0, body: shortened(body), answer };
  }
  const order = readTextOrder(body);
  const says = (word: string): boolean => order.prompt.includes(`[[${word}]]`);
  const wordMs = Number(/\[\[word:(\d+)\]\]/.exec(order.prompt)?.[1] ?? call.state.controls().wordMs);
  const manner = { wordMs, breaksAfter: says('cut') || says('failing') ? 12 : null, fails: says('failing'), refuses: says('refusal') };
  const answer = async (): Promise<void> => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-request-id': requestId });
    await streamText(response, order, `resp_${requestId.slice(4)}`, manner);
  };
  return { model: order.model, prompt: order.prompt, sources: order.images, body: shortened(body), answer };
}

function json(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new ApiError(400, 'We could not parse the JSON body of your request.');
  }
}
