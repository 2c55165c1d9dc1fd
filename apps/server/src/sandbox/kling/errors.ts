/** A refusal in the provider's shape: `{code, message, request_id}` with its HTTP status. */
export class KlingRefusal extends Error {
  override readonly name = 'KlingRefusal';
  readonly status: number;
  readonly code: number;
  readonly headers: Record<string, string>;
  constructor(status: number, code: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}
