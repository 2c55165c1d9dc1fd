import type { PrivacyFlag, Tag } from '@pingplex/shared/contracts/engine';
import { PRIVACY_RULES, type PrivacyRule } from './privacy-rules.ts';

const EXAMPLE_CHARACTERS = 120;
/** What the file system, the reader itself or colour management says is not a trace in the file. */
const NOT_IN_FILE = /^(System|ExifTool|ICC[\w-]*):/;
const EMPTY = /^(0000[:-]00[:-]00.*|\(none\)|none|unknown)?$/i;
/** Long values are searched in their beginning only, so that no pattern meets a bomb. */
const SEARCHED_CHARACTERS = 16_384;

/** Nothing readable stands in these, only offsets and sizes. */
const PICTURES = new Set<PrivacyFlag['code']>(['embeddedThumbnail', 'coverArt']);

function isZeroPosition(tags: readonly Tag[]): boolean {
  const parts = tags.filter((tag) => /GPS(Latitude|Longitude)$/.test(tag.key));
  return parts.length > 0 && parts.every((tag) => Number(tag.raw ?? tag.value) === 0);
}

function matches(rule: PrivacyRule, tag: Tag): boolean {
  if (!rule.key.test(tag.key)) return false;
  const value = tag.value.trim();
  if (EMPTY.test(value)) return false;
  return rule.value ? rule.value.test(value.slice(0, SEARCHED_CHARACTERS)) : true;
}

function example(tags: readonly Tag[]): string | undefined {
  const tag = tags.find((each) => !each.value.startsWith('(Binary data')) ?? tags[0];
  const line = tag?.value.replace(/\s+/g, ' ').trim() ?? '';
  if (line === '') return undefined;
  return line.length > EXAMPLE_CHARACTERS ? `${line.slice(0, EXAMPLE_CHARACTERS - 1)}…` : line;
}

/**
 * Finds what in a file says more than its owner may want.
 * @param tags every tag that was read; more tags mean fewer misses
 * @returns one flag per code, worst first, each with the keys that made us say so
 */
export function findPrivacyFlags(tags: readonly Tag[]): PrivacyFlag[] {
  const inFile = tags.filter((tag) => !NOT_IN_FILE.test(tag.key));
  const found = new Map<PrivacyFlag['code'], { rule: PrivacyRule; tags: Tag[] }>();
  for (const rule of PRIVACY_RULES) {
    const hits = inFile.filter((tag) => matches(rule, tag));
    if (hits.length === 0 || (rule.code === 'gps' && isZeroPosition(inFile))) continue;
    const entry = found.get(rule.code) ?? { rule, tags: [] };
    for (const hit of hits) if (!entry.tags.includes(hit)) entry.tags.push(hit);
    found.set(rule.code, entry);
  }
  const order = { high: 0, medium: 1, info: 2 };
  return [...found.values()]
    .map(({ rule, tags: hits }) => {
      const shown = PICTURES.has(rule.code) ? undefined : example(hits);
      return {
        code: rule.code,
        group: rule.group,
        severity: rule.severity,
        tags: [...new Set(hits.map((tag) => tag.key))],
        ...(shown === undefined ? {} : { example: shown }),
      };
    })
    .sort((a, b) => order[a.severity] - order[b.severity]);
}
