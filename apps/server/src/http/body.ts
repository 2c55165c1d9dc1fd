import { createHash } from 'node:crypto';
import { AppError } from '@pingplex/shared/errors';
import express, { type Request, type Response } from 'express';

const MAX_DEPTH = 32;
/** `type: () => true`: we have looked at the content type ourselves; the parser's own mismatch leaves the body silently empty. */
const parse = express.json({ limit: 100_000, strict: true, inflate: false, type: () => true });

/**
 * Reads a JSON body of at most 100 kB. No body at all reads as `{}`.
 * @throws AppError `request.unsupportedType` (not application/json in UTF-8), `request.tooLarge`, `request.invalid` (no JSON, nested
 * deeper than 32 levels, or a `__proto__` key)
 */
export async function readJsonBody(request: Request, response: Response): Promise<unknown> {
  const isEmpty = request.headers['transfer-encoding'] === undefined && Number(request.headers['content-length'] ?? 0) === 0;
  if (isEmpty) return {};
  const [type, ...parameters] = (request.headers['content-type'] ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const isUtf8 = parameters.every((p) => !p.startsWith('charset=') || /^charset="?utf-8"?$/.test(p));
  if (type !== 'application/json' || !isUtf8) throw new AppError('request.unsupportedType', 'the body must be application/json in UTF-8');
  await new Promise<void>((resolve, reject) =>
    parse(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error))),
  );
  checkShape(request.body, 1);
  return request.body;
}

function checkShape(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > MAX_DEPTH) throw new AppError('request.invalid', 'the body is nested too deeply');
  for (const [key, child] of Object.entries(value)) {
    if (key === '__proto__') throw new AppError('request.invalid', 'the body has a key that is not allowed');
    checkShape(child, depth + 1);
  }
}

/** SHA-256 (hex) of a JSON value; the order of keys does not matter. */
export function hashJson(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, child]) => `${JSON.stringify(key)}:${canonical(child)}`).join(',')}}`;
}
