import type { AppErrorData } from '../errors/app-error.ts';
import type { DetailKey } from './remarks.ts';
import { sizeText } from './size.ts';
import type { Locale } from './types.ts';

export type Params = Readonly<Record<string, string | number | boolean>>;
type Detail = { readonly key: DetailKey; readonly params: Params };
type Figures = {
  readonly amount: (name: string, unit?: number) => string | undefined;
  readonly size: (name: string) => string | undefined;
};

/** Numbers of an error as people read them. */
function figuresOf(locale: Locale, params: Params): Figures {
  const number = (name: string): number | undefined => {
    const value = params[name];
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
  };
  const shown = (name: string, show: (value: number) => string): string | undefined => {
    const value = number(name);
    return value === undefined ? undefined : show(value);
  };
  return {
    amount: (name, unit = 1) => shown(name, (value) => new Intl.NumberFormat(locale, { maximumFractionDigits: 0 }).format(value / unit)),
    size: (name) => shown(name, (value) => sizeText(locale, value)),
  };
}

/** A sentence, when all that it speaks of is known. */
function sentence(key: DetailKey, params: Readonly<Record<string, string | undefined>>): Detail | undefined {
  const known = Object.entries(params).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '');
  return known.length === Object.keys(params).length ? { key, params: Object.fromEntries(known) } : undefined;
}

const word = (params: Params, name: string): string | undefined => {
  const value = params[name];
  return typeof value === 'string' ? value : undefined;
};

/** What an error's parameters add to its text: how large, how many, which part. */
export function detailOf(locale: Locale, { code, params = {} }: Pick<AppErrorData, 'code' | 'params'>): Detail | undefined {
  const { amount, size } = figuresOf(locale, params);
  switch (code) {
    case 'file.tooLarge': {
      return (
        sentence('fileBytes', { size: size('sizeBytes') }) ??
        sentence('fileFrames', { frames: amount('frames'), megapixels: amount('pixels', 1e6) }) ??
        sentence('filePixels', { width: amount('width'), height: amount('height') })
      );
    }
    case 'file.notFound':
      return sentence('files', { count: amount('count') });
    case 'output.nameTaken':
      return sentence('names', { count: amount('count') });
    case 'output.diskFull':
      return sentence('disk', { needed: size('neededBytes'), free: size('freeBytes') });
    case 'output.verifyFailed':
      return sentence('tags', { tags: word(params, 'tags') });
    case 'engine.unavailable':
      return sentence('part', { what: word(params, 'what') });
    case 'credits.insufficient':
      return sentence('credits', { needed: amount('needed') ?? amount('need'), available: amount('available') ?? amount('have') });
    case 'generation.refused':
      return sentence('categories', { categories: word(params, 'categories') });
    case 'request.rateLimited':
      return sentence('wait', { seconds: amount('retryAfterS') });
    default:
      return undefined;
  }
}
