import type { GenerationData, Tag } from '@pingplex/shared/contracts/engine';
import { readComfyGraph } from './generation-comfy.ts';

/** Longer texts are workflows with pictures inside; what is asked for stands in their beginning. */
const MOST_CHARACTERS = 65_536;
const MOST_SETTINGS = 40;
const MOST_PROMPTS = 40;

type Json = Readonly<Record<string, unknown>>;
type Found = Omit<GenerationData, 'tags'>;

const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

function parse(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const texts = (...values: unknown[]): string[] =>
  values.filter((value): value is string => typeof value === 'string' && value.trim() !== '').map((value) => value.trim());

/** Plain values of an object as settings; texts that are shown as prompts, lists and objects are left out. */
function settingsOf(data: Json, shown: readonly string[]): Found['settings'] {
  return Object.entries(data)
    .filter(
      ([name, value]) => !shown.includes(name) && (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string'),
    )
    .map(([name, value]) => ({ name, value: String(value) }));
}

/** `prompt\nNegative prompt: …\nSteps: 20, Sampler: Euler a, …` as AUTOMATIC1111's web UI and all that descend from it write. */
function webUi(text: string): Found | undefined {
  const [, before = '', last = ''] = /^([\s\S]*?)(?:^|\n)(Steps: \d+\b[\s\S]*)$/.exec(text) ?? [];
  if (last === '') return undefined;
  const [prompt = '', negative = ''] = before.split(/(?:^|\n)Negative prompt: /);
  // Values with commas stand in quotes.
  const settings = [...last.matchAll(/([A-Za-z][\w .-]{0,60}): ("(?:[^"\\]|\\.)*"|[^,\n]*)/g)];
  return {
    tool: 'Stable Diffusion web UI',
    prompts: texts(prompt),
    negative: texts(negative),
    settings: settings.map(([, name = '', value = '']) => ({ name, value: value.trim() })),
  };
}

function novelAi(data: Json): Found | undefined {
  if (typeof data['uc'] !== 'string' || !('steps' in data)) return undefined;
  return {
    tool: 'NovelAI',
    prompts: texts(data['prompt']),
    negative: texts(data['uc']),
    settings: settingsOf(data, ['prompt', 'uc', 'signed_hash']),
  };
}

function drawThings(data: Json): Found | undefined {
  if (typeof data['c'] !== 'string' || !('sampler' in data)) return undefined;
  return { tool: 'Draw Things', prompts: texts(data['c']), negative: texts(data['uc']), settings: settingsOf(data, ['c', 'uc']) };
}

function fooocus(data: Json): Found | undefined {
  if (typeof data['prompt'] !== 'string' || !('negative_prompt' in data)) return undefined;
  const names = ['prompt', 'negative_prompt', 'full_prompt', 'full_negative_prompt'];
  return { tool: 'Fooocus', prompts: texts(data['prompt']), negative: texts(data['negative_prompt']), settings: settingsOf(data, names) };
}

/** `invokeai_metadata` of version 3 and later; `sd-metadata` of version 2 keeps the same under `image`. */
function invokeAi(data: Json): Found | undefined {
  const image = isRecord(data['image']) ? data['image'] : data;
  const old = Array.isArray(image['prompt']) ? image['prompt'].filter(isRecord).map((one) => one['prompt']) : [image['prompt']];
  const prompts = texts(image['positive_prompt'], ...old);
  if (prompts.length === 0) return undefined;
  const model = isRecord(image['model']) ? (image['model']['name'] ?? image['model']['model_name']) : data['model_weights'];
  return {
    tool: 'InvokeAI',
    prompts,
    negative: texts(image['negative_prompt']),
    settings: [
      ...texts(model).map((value) => ({ name: 'model', value })),
      ...settingsOf(image, ['positive_prompt', 'negative_prompt', 'prompt']),
    ],
  };
}

/** `"a castle" -s 50 -S 1234 -W 512`, InvokeAI's first form. */
function dream(text: string): Found | undefined {
  const [, prompt = '', rest = ''] = /^"([\s\S]+)"((?: -[\s\S]*)?)$/.exec(text.trim()) ?? [];
  if (prompt === '') return undefined;
  const settings = [...rest.matchAll(/ -(\w+?)\s?([\d.]+|k_\w+)\b/g)];
  return { tool: 'InvokeAI', prompts: [prompt], negative: [], settings: settings.map(([, name = '', value = '']) => ({ name, value })) };
}

/** `a harbour --ar 3:2 --v 6.1 Job ID: …` */
function midjourney(text: string): Found | undefined {
  const [, job] = /\bJob ID: ([0-9a-f-]{36})$/.exec(text.trimEnd()) ?? [];
  const asked = job === undefined ? text : text.slice(0, text.lastIndexOf('Job ID: '));
  const at = asked.search(/ --[a-z]/);
  const options = at < 0 ? '' : asked.slice(at);
  if (job === undefined && !/ --(ar|v|stylize|niji|chaos) /.test(options)) return undefined;
  const settings = [...options.matchAll(/ --(\w+)(?: ([^\s-]\S*))?/g)].map(([, name = '', value = '']) => ({ name, value }));
  return {
    tool: 'Midjourney',
    prompts: texts(at < 0 ? asked : asked.slice(0, at)),
    negative: [],
    settings: [...settings, ...(job === undefined ? [] : [{ name: 'Job ID', value: job }])],
  };
}

function fromJson(name: string, data: unknown): Found | undefined {
  if (!isRecord(data)) return undefined;
  if (/^(Invokeai_metadata|Sd-metadata)$/i.test(name)) return invokeAi(data);
  return readComfyGraph(data) ?? novelAi(data) ?? drawThings(data) ?? fooocus(data);
}

/** Where programs put it: PNG texts, EXIF and XMP comments, film comments; ComfyUI writes into Make and Model of a WebP. */
const CARRIERS =
  /:(Parameters|Prompt|Workflow|Sd-metadata|Invokeai_metadata|Dream|UserComment|Comment|Description|ImageDescription|Caption-Abstract|Make|Model|XPComment|Title)$/i;

function read({ key, value }: Tag): Found | undefined {
  const name = key.slice(key.indexOf(':') + 1);
  // In a WebP of ComfyUI the words `prompt:` and `workflow:` stand before the JSON.
  const text = value.slice(0, MOST_CHARACTERS).replace(/^(prompt|workflow):(?=\s*\{)/i, '');
  const data = parse(text);
  if (data !== undefined) return fromJson(name, data);
  if (/^Dream$/i.test(name)) return dream(text);
  const whole = webUi(text) ?? midjourney(text);
  return whole ?? (/^AIPromptInformation$/.test(name) ? { tool: 'IPTC', prompts: texts(text), negative: [], settings: [] } : undefined);
}

/** Where NovelAI leaves the prompt out of its comment, it stands in the description. */
function complete(found: Found, tags: readonly Tag[]): Found {
  if (found.tool !== 'NovelAI' || found.prompts.length > 0) return found;
  return { ...found, prompts: texts(tags.find(({ key }) => key === 'PNG:Description')?.value) };
}

/** Within what the contract allows, whatever a file claims. */
function bounded({ prompts, negative, settings, ...rest }: GenerationData): GenerationData {
  const short = settings.slice(0, MOST_SETTINGS).map(({ name, value }) => ({ name: name.slice(0, 200), value: value.slice(0, 2000) }));
  return { ...rest, prompts: prompts.slice(0, MOST_PROMPTS), negative: negative.slice(0, MOST_PROMPTS), settings: short };
}

/**
 * Prompts and settings that a generator left in a file, readable. One entry per program; the same data in two places counts once.
 */
export function findGenerationData(tags: readonly Tag[]): GenerationData[] {
  const byTool = new Map<string, GenerationData>();
  for (const tag of tags) {
    if (!CARRIERS.test(tag.key) && !tag.key.endsWith(':AIPromptInformation')) continue;
    const found = read(tag);
    if (found === undefined) continue;
    const known = byTool.get(found.tool);
    const entry = complete(found, tags);
    if (known === undefined || (known.prompts.length === 0 && entry.prompts.length > 0)) {
      byTool.set(found.tool, { ...entry, tags: [...(known?.tags ?? []), tag.key] });
    } else known.tags.push(tag.key);
  }
  return [...byTool.values()].filter(({ prompts, settings }) => prompts.length > 0 || settings.length > 0).map(bounded);
}
