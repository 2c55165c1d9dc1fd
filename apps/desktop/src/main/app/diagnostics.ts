import { redactText } from '../logging/redact.ts';

export type DiagnosticsInput = {
  readonly version: string;
  readonly runtime: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  readonly server: string;
  readonly keychain: string;
  readonly engine: string;
  readonly lastErrors: readonly string[];
  readonly homeDir: string;
};

/** A report that a user can read before sharing it: versions, states, last errors; no names of files, no secrets. */
export function diagnosticsReport(input: DiagnosticsInput): string {
  const lines = [
    `pingplex ${input.version}`,
    `Electron ${input.runtime['electron']}, Chromium ${input.runtime['chrome']}, Node ${input.runtime['node']}`,
    `System: ${input.platform}`,
    `Server: ${input.server}`,
    `Keychain: ${input.keychain}`,
    `Engine: ${input.engine}`,
    '',
    ...(input.lastErrors.length === 0 ? ['No errors since the start.'] : ['Last errors:', ...input.lastErrors]),
  ];
  return redactText(lines.join('\n'), input.homeDir);
}
