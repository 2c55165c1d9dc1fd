import { lookup } from 'node:dns';
import type { IncomingMessage } from 'node:http';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Transform, type TransformCallback } from 'node:stream';
import type { FileAccess } from './port.ts';

/**
 * Why a result can't be had: `gone` (the link has ended: ask the provider anew), `forbidden` (an address that we don't visit, too
 * many redirects, too large), `trouble` (worth another try).
 */
export class FetchFailure extends Error {
  override readonly name = 'FetchFailure';
  readonly kind: 'gone' | 'forbidden' | 'trouble';
  constructor(kind: FetchFailure['kind'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

export type FetchLimits = {
  maxBytes: number;
  /** A line that brings nothing for so long is cut. */
  silenceMs: number;
  signal: AbortSignal;
};

const MAX_REDIRECTS = 3;

/** Addresses that no provider keeps results at: this machine, private and shared networks, link-local, test, multicast (IANA registries). */
const PRIVATE = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  PRIVATE.addSubnet(net, bits, 'ipv4');
}
/** Of IPv6 only global unicast is public, without the ranges that carry an IPv4 address or documentation. */
const PUBLIC_V6 = new BlockList();
PUBLIC_V6.addSubnet('2000::', 3, 'ipv6');
const SPECIAL_V6 = new BlockList();
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  SPECIAL_V6.addSubnet(net, bits, 'ipv6');
}

/** True for an address on the public internet. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !PRIVATE.check(address, 'ipv4');
  return family === 6 && PUBLIC_V6.check(address, 'ipv6') && !SPECIAL_V6.check(address, 'ipv6');
}

/** Resolves a name and gives only public addresses: the connection goes to what was checked, so a name can't change in between. */
const publicLookup: LookupFunction = (hostname, options, done) => {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    if (error) return done(error, '', 0);
    const [first] = found;
    if (!first || !found.every(({ address }) => isPublicAddress(address))) {
      return done(new FetchFailure('forbidden', 'the name leads into a private network'), '', 0);
    }
    return options.all ? done(null, found) : done(null, first.address, first.family);
  });
};

/**
 * Opens a result that a provider keeps: https only, no private addresses (except the trusted origins), at most three redirects, no
 * cookies, no referrer. The stream ends in an error when more than `maxBytes` come or the line falls silent.
 * @throws FetchFailure
 */
export async function openResult(address: string, access: FileAccess, limits: FetchLimits): Promise<Transform> {
  let url = parse(address);
  const origin = url.origin;
  for (let hop = 0; ; hop += 1) {
    const answer = await ask(url, access, url.origin === origin, limits);
    const status = answer.statusCode ?? 0;
    if (status === 200) return meter(answer, limits);
    answer.destroy();
    if ([301, 302, 303, 307, 308].includes(status) && answer.headers.location !== undefined) {
      if (hop >= MAX_REDIRECTS) throw new FetchFailure('forbidden', 'too many redirects');
      url = parse(answer.headers.location, url);
      continue;
    }
    if ([401, 403, 404, 410].includes(status)) throw new FetchFailure('gone', `the link has ended (${status})`);
    throw new FetchFailure('trouble', `the provider's store answered ${status}`);
  }
}

function parse(address: string, base?: URL): URL {
  try {
    return new URL(address, base);
  } catch (error) {
    throw new FetchFailure('forbidden', 'not an address', { cause: error });
  }
}

function ask(url: URL, access: FileAccess, isFirstOrigin: boolean, limits: FetchLimits): Promise<IncomingMessage> {
  const isTrusted = access.trustedOrigins.includes(url.origin);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!isTrusted && (url.protocol !== 'https:' || (isIP(host) !== 0 && !isPublicAddress(host)) || url.username !== '')) {
    throw new FetchFailure('forbidden', 'only public https addresses are visited');
  }
  const headers = { accept: '*/*', ...(isFirstOrigin ? access.headersFor?.(url) : {}) };
  const options = { headers, signal: limits.signal, timeout: limits.silenceMs, ...(isTrusted ? {} : { lookup: publicLookup }) };
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'http:' ? requestHttp : requestHttps)(url, options, resolve);
    request.once('timeout', () => request.destroy(new FetchFailure('trouble', 'the line fell silent')));
    request.once('error', (error) =>
      reject(error instanceof FetchFailure ? error : new FetchFailure('trouble', error.message, { cause: error })),
    );
    request.end();
  });
}

function meter(answer: IncomingMessage, { maxBytes, silenceMs }: FetchLimits): Transform {
  const announced = Number(answer.headers['content-length'] ?? Number.NaN);
  if (announced > maxBytes) {
    answer.destroy();
    throw new FetchFailure('forbidden', 'the result is too large');
  }
  let size = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      size += chunk.length;
      if (size > maxBytes) done(new FetchFailure('forbidden', 'the result is too large'));
      else done(null, chunk);
    },
    flush(done) {
      const isWhole = Number.isNaN(announced) || size === announced;
      done(isWhole ? null : new FetchFailure('trouble', 'the result broke off'));
    },
  });
  answer.setTimeout(silenceMs, () => answer.destroy(new FetchFailure('trouble', 'the line fell silent')));
  answer.once('error', (error) => stream.destroy(error instanceof FetchFailure ? error : new FetchFailure('trouble', error.message)));
  stream.once('close', () => answer.destroy());
  return answer.pipe(stream);
}
