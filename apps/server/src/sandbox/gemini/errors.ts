/** A refusal with the provider's words: a number with a status in the older family of answers, a word in the newer one. */
export class GeminiRefusal extends Error {
  override readonly name = 'GeminiRefusal';
  readonly status: number;
  readonly word: string;
  readonly details: readonly unknown[];
  constructor(status: number, word: string, message: string, details: readonly unknown[] = []) {
    super(message);
    this.status = status;
    this.word = word;
    this.details = details;
  }

  get body(): Record<string, unknown> {
    const details = this.details.length === 0 ? {} : { details: this.details };
    return { error: { code: this.status, message: this.message, status: this.word, ...details } };
  }
}

/** 429 with the vendor's hint, in seconds; null gives none. */
export function exhausted(retryAfterS: number | null): GeminiRefusal {
  const hint = retryAfterS === null ? [] : [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfterS}s` }];
  return new GeminiRefusal(429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).', hint);
}
