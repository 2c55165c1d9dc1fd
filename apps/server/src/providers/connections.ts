import { createDashScopeProvider } from './dashscope/adapter.ts';
import { createGoogleProvider } from './google/adapter.ts';
import { createKlingProvider } from './kling/adapter.ts';
import type { KlingCredentials } from './kling/auth.ts';
import { createOpenAiProvider } from './openai/adapter.ts';
import type { Pace } from './pace.ts';
import type { Provider } from './port.ts';

/** How each provider is reached; one without an entry isn't offered. */
export type Connections = {
  /** `baseUrl` with the version, for example `https://api.openai.com/v1`. */
  openai?: { apiKey: string; baseUrl: string };
  /** `baseUrl` with the version, for example `https://generativelanguage.googleapis.com/v1beta`. */
  google?: TaskConnection & { apiKey: string };
  kling?: TaskConnection & { credentials: KlingCredentials };
  dashscope?: TaskConnection & { apiKey: string };
};

export type TaskConnection = {
  baseUrl: string;
  pace: Pace;
  /** Origins of results that are fetched although they are not public: our own stand-in's. */
  trustedOrigins: readonly string[];
};

/** Submits are answered within seconds; a frame in base64 takes a while to send. */
const SUBMIT_TIMEOUT_MS = 90_000;
/** Pictures come in the answer itself: 10 to 120 s. */
const EXCHANGE_TIMEOUT_MS = 600_000;

/** The providers that a connection is given for. */
export function createProviders({ openai, google, kling, dashscope }: Connections): Record<string, Provider> {
  return {
    ...(openai ? { openai: createOpenAiProvider({ ...openai, timeoutMs: EXCHANGE_TIMEOUT_MS }) } : {}),
    ...(google ? { google: createGoogleProvider({ ...google, timeoutMs: SUBMIT_TIMEOUT_MS }) } : {}),
    ...(kling ? { kling: createKlingProvider({ ...kling, timeoutMs: SUBMIT_TIMEOUT_MS }) } : {}),
    ...(dashscope
      ? { dashscope: createDashScopeProvider({ ...dashscope, timeoutMs: SUBMIT_TIMEOUT_MS, syncTimeoutMs: EXCHANGE_TIMEOUT_MS }) }
      : {}),
  };
}
