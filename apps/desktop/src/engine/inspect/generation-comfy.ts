import type { GenerationData } from '@pingplex/shared/contracts/engine';

type Json = Readonly<Record<string, unknown>>;
const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

type Node = { readonly kind: string; readonly inputs: Json };
type Graph = ReadonlyMap<string, Node>;

/** A chain of nodes longer than this is a loop or a bomb. */
const DEEPEST = 64;

function graphOf(data: Json): Graph {
  const nodes = new Map<string, Node>();
  for (const [id, node] of Object.entries(data)) {
    if (!isRecord(node) || typeof node['class_type'] !== 'string' || !isRecord(node['inputs'])) continue;
    nodes.set(id, { kind: node['class_type'], inputs: node['inputs'] });
  }
  return nodes;
}

/** `["12", 0]`: the first output of node 12. */
function linked(value: unknown): string | undefined {
  return Array.isArray(value) && value.length === 2 && (typeof value[0] === 'string' || typeof value[0] === 'number')
    ? String(value[0])
    : undefined;
}

type Side = 'positive' | 'negative';

/** Words that flow into an input, followed back through whatever stands between. */
function wordsAt(graph: Graph, value: unknown, side: Side, depth = 0, seen = new Set<string>()): string[] {
  const id = linked(value);
  const node = id === undefined || depth > DEEPEST || seen.has(id) ? undefined : graph.get(id);
  if (id === undefined || node === undefined) return [];
  seen.add(id);
  return Object.entries(node.inputs).flatMap(([name, input]) => {
    if (typeof input === 'string') return /text|prompt|string|value/i.test(name) && input.trim() !== '' ? [input.trim()] : [];
    const isOther = name === (side === 'positive' ? 'negative' : 'positive');
    return isOther || /model|clip$|vae|image|latent|mask|control_net/i.test(name) ? [] : wordsAt(graph, input, side, depth + 1, seen);
  });
}

/**
 * Reads ComfyUI's `prompt` graph: what flows into the samplers' `positive` and `negative`, and the samplers' plain settings.
 * @returns undefined when the object is no such graph; its `workflow` (the drawing of the same graph) isn't one either
 */
export function readComfyGraph(data: Json): Omit<GenerationData, 'tags'> | undefined {
  const graph = graphOf(data);
  if (graph.size === 0) return undefined;
  const nodes = [...graph.values()];
  const samplers = nodes.filter(
    ({ inputs }) => 'positive' in inputs || 'seed' in inputs || 'noise_seed' in inputs || 'sampler_name' in inputs,
  );
  const positive = nodes.flatMap(({ inputs }) => wordsAt(graph, inputs['positive'] ?? inputs['guider'], 'positive'));
  const negative = nodes.flatMap(({ inputs }) => wordsAt(graph, inputs['negative'], 'negative'));
  // Graphs of other shapes: every text that an encoder is given.
  const all = nodes.filter(({ kind }) => /TextEncode/.test(kind)).flatMap(({ inputs }) => [inputs['text'], inputs['prompt']]);
  const prompts = positive.length > 0 ? positive : all.filter((text): text is string => typeof text === 'string' && text.trim() !== '');
  const loaders = nodes.filter(({ inputs }) => 'ckpt_name' in inputs || 'unet_name' in inputs || 'lora_name' in inputs);
  const settings = [...loaders, ...samplers].flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([name, value]) =>
      typeof value === 'number' || (typeof value === 'string' && !/text|prompt/i.test(name)) ? [{ name, value: String(value) }] : [],
    ),
  );
  return {
    tool: 'ComfyUI',
    prompts: [...new Set(prompts)],
    negative: [...new Set(negative)],
    settings,
  };
}
