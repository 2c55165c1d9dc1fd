import { DASHSCOPE_MODELS } from './dashscope-models.ts';
import { DASHSCOPE_WORDS } from './dashscope-words.ts';
import type { CatalogueEntry } from './entry.ts';
import { GOOGLE_MODELS } from './google-models.ts';
import { GOOGLE_WORDS } from './google-words.ts';
import { KLING_MODELS } from './kling-models.ts';
import { OPENAI_MODELS } from './openai-models.ts';
import { OPENAI_WORDS } from './openai-words.ts';

/** Everything that can be bought. Order is the order on screen. */
export const CATALOGUE: readonly CatalogueEntry[] = [
  ...OPENAI_MODELS,
  ...OPENAI_WORDS,
  ...GOOGLE_MODELS,
  ...GOOGLE_WORDS,
  ...KLING_MODELS,
  ...DASHSCOPE_MODELS,
  ...DASHSCOPE_WORDS,
];
