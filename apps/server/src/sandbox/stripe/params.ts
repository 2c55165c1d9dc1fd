/** A refusal in the processor's shape. */
export class StripeRefusal extends Error {
  override readonly name = 'StripeRefusal';
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
  readonly param: string | null;
  constructor(status: number, code: string | null, message: string, param: string | null = null, type = 'invalid_request_error') {
    super(message);
    this.status = status;
    this.type = type;
    this.code = code;
    this.param = param;
  }
}

export type Params = { [name: string]: string | Params };

/** `a[b][0]=c` as nested objects; places in a list are names like any other. */
export function decodeForm(text: string): Params {
  const root: Params = {};
  for (const [key, value] of new URLSearchParams(text)) {
    const path = key.replaceAll(']', '').split('[');
    let at = root;
    for (const name of path.slice(0, -1)) {
      const next = at[name];
      const inner: Params = typeof next === 'object' ? next : {};
      at[name] = inner;
      at = inner;
    }
    at[path.at(-1) ?? ''] = value;
  }
  return root;
}

/** Sent to this interface for years, refused since its newest version. */
const REMOVED: Record<string, string> = { payment_method_types: 'payment_method_types_no_longer_supported' };

/** Refuses every parameter that the real service would not know: a stand-in that takes everything hides mistakes. */
export function only(params: Params, allowed: readonly string[]): void {
  for (const name of Object.keys(params)) {
    const removed = REMOVED[name];
    if (removed !== undefined) throw new StripeRefusal(400, removed, `${name} may no longer be sent.`, name);
    if (!allowed.includes(name) && name !== 'expand')
      throw new StripeRefusal(400, 'parameter_unknown', `Received unknown parameter: ${name}`, name);
  }
}

export function text(params: Params, name: string): string | null {
  const value = params[name];
  if (value !== undefined && typeof value !== 'string')
    throw new StripeRefusal(400, 'parameter_invalid_string', `Invalid string: ${name}`, name);
  return value ?? null;
}

export function need(params: Params, name: string): string {
  const value = text(params, name);
  if (value === null || value === '') throw new StripeRefusal(400, 'parameter_missing', `Missing required param: ${name}.`, name);
  return value;
}

export function whole(params: Params, name: string): number | null {
  const value = text(params, name);
  if (value === null) return null;
  if (!/^-?\d+$/.test(value)) throw new StripeRefusal(400, 'parameter_invalid_integer', `Invalid integer: ${value}`, name);
  return Number(value);
}

export function nested(params: Params, name: string): Params {
  const value = params[name];
  if (value === undefined || value === '') return {};
  if (typeof value === 'string') throw new StripeRefusal(400, 'parameter_invalid_object', `Invalid object: ${name}`, name);
  return value;
}

/** A list parameter in its order. */
export const listed = (params: Params, name: string): (string | Params)[] => Object.values(nested(params, name));

export function metadata(params: Params, name = 'metadata'): Record<string, string> {
  const entries = Object.entries(nested(params, name));
  if (entries.length > 50) throw new StripeRefusal(400, null, 'metadata may have 50 keys', name);
  return Object.fromEntries(
    entries.map(([key, value]) => {
      if (typeof value !== 'string' || key.length > 40 || value.length > 500)
        throw new StripeRefusal(400, null, 'metadata is too long', name);
      return [key, value];
    }),
  );
}

export function oneOf<T extends string>(params: Params, name: string, values: readonly T[]): T {
  const value = need(params, name);
  const found = values.find((v) => v === value);
  if (found === undefined) throw new StripeRefusal(400, null, `Invalid ${name}: must be one of ${values.join(', ')}`, name);
  return found;
}

export function required<T>(found: T | undefined, id: string, what: string): T {
  if (found === undefined) throw new StripeRefusal(404, 'resource_missing', `No such ${what}: '${id}'`, 'id');
  return found;
}
