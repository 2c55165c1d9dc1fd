/**
 * Names of results. A template is text with tokens in braces; all names of a batch are made and checked before anything runs.
 * Tokens: {name} {index} {variant} {date} {hash} {model} {step} {ext} is added by itself.
 */
export const NAME_TOKENS = ['name', 'index', 'variant', 'date', 'hash', 'model', 'step'] as const;
export type NameToken = (typeof NAME_TOKENS)[number];

export type NameFacts = {
  /** Source's name without extension. */
  readonly name: string;
  /** 1-based place of the item in its batch. */
  readonly index: number;
  /** 1-based number of the result within its item. */
  readonly variant: number;
  /** Day of the batch, ISO `YYYY-MM-DD`. */
  readonly date: string;
  /** First 8 hex digits of the source's SHA-256; while planning a stand-in of the same length. */
  readonly hash: string;
  /** Model id of the last cloud step that made the result, or empty. */
  readonly model: string;
  /** Verb of the step that made the result. */
  readonly step: string;
};

export type NameFinding = {
  readonly code:
    | 'unknownToken'
    | 'empty'
    | 'illegalCharacter'
    | 'reservedName'
    | 'trailingDotOrSpace'
    | 'tooLong'
    | 'collision'
    | 'sameAsSource'
    | 'separator';
  /** The token, character or name that the finding is about. */
  readonly what: string;
};

/** Illegal somewhere: Windows' set, slash, and control characters. A name that is fine everywhere can travel. */
const ILLEGAL = /[<>:"/\\|?*]|\p{Cc}/u;
const RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;
/** Bytes of UTF-8 for the whole name; most file systems allow 255, the rest is for " (12)" and a temporary suffix. */
export const MAX_NAME_BYTES = 240;

/** UTF-8 length of a string in bytes. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** What is wrong with the template itself, before any file is known. */
export function checkTemplate(template: string): NameFinding[] {
  const findings: NameFinding[] = [];
  if (template.trim() === '') findings.push({ code: 'empty', what: template });
  for (const [, token] of template.matchAll(/\{([^{}]*)\}/g)) {
    if (!NAME_TOKENS.includes(token as NameToken)) findings.push({ code: 'unknownToken', what: `{${token}}` });
  }
  const literal = template.replaceAll(/\{[^{}]*\}/g, '');
  const illegal = ILLEGAL.exec(literal);
  if (illegal) findings.push({ code: illegal[0] === '/' || illegal[0] === '\\' ? 'separator' : 'illegalCharacter', what: illegal[0] });
  return findings;
}

/** Fills the tokens in. Characters that are illegal on some system, coming from a source's name, become `_`. */
export function renderName(template: string, facts: NameFacts): string {
  const value = (token: NameToken): string => {
    switch (token) {
      case 'index':
        return String(facts.index).padStart(3, '0');
      case 'variant':
        return String(facts.variant);
      default:
        return facts[token];
    }
  };
  return template
    .replaceAll(/\{([a-z]+)\}/g, (whole, token: string) => (NAME_TOKENS.includes(token as NameToken) ? value(token as NameToken) : whole))
    .replaceAll(new RegExp(ILLEGAL, 'gu'), '_');
}

/** What is wrong with one finished file name (with extension). */
export function checkName(fileName: string): NameFinding[] {
  const findings: NameFinding[] = [];
  const illegal = ILLEGAL.exec(fileName);
  if (illegal) findings.push({ code: 'illegalCharacter', what: illegal[0] });
  if (RESERVED.test(fileName)) findings.push({ code: 'reservedName', what: fileName });
  const stem = fileName.slice(0, fileName.lastIndexOf('.') < 0 ? undefined : fileName.lastIndexOf('.'));
  if (stem === '') findings.push({ code: 'empty', what: fileName });
  if (/[. ]$/.test(stem)) findings.push({ code: 'trailingDotOrSpace', what: fileName });
  if (utf8Length(fileName) > MAX_NAME_BYTES) findings.push({ code: 'tooLong', what: fileName });
  return findings;
}

/** Names that occur more than once when upper and lower case count as the same (macOS, Windows). */
export function findCollisions(fileNames: readonly string[]): string[] {
  const seen = new Map<string, number>();
  for (const name of fileNames) {
    const key = name.normalize('NFC').toLowerCase();
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  return [...new Set(fileNames.filter((name) => (seen.get(name.normalize('NFC').toLowerCase()) ?? 0) > 1))];
}
