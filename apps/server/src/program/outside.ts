import type { Config } from '../config/config.ts';
import type { Connections } from '../providers/connections.ts';
import { SANDBOX_KEYS, startSandboxes } from './sandboxes.ts';

export type Outside = {
  forApp: { connections: Connections; smtpUrl: string; mailSandboxUrl: string | null };
  shown: { openai: string | null; gemini: string | null; kling: string | null; dashscope: string | null; mail: string | null };
};

const OPENAI_URL = 'https://api.openai.com/v1';
const GEMINI_URL = 'https://generativelanguage.googleapis.com/v1beta';
const KLING_URL = 'https://api-singapore.klingai.com';
const DASHSCOPE_URL = 'https://dashscope-intl.aliyuncs.com';

/** Films take minutes; our stand-in is done in a second. */
const REAL_PACE = { firstMs: 5_000, mostMs: 15_000 };
const SANDBOX_PACE = { firstMs: 1_000, mostMs: 3_000 };

/** Real services by their keys; in sandbox mode our stand-ins, except where the configuration names another address. */
export async function outsideServices(config: Config, undo: (() => Promise<void>)[]): Promise<Outside> {
  if (!config.sandbox) return realServices(config, undo);
  const { smtpUrl, sandboxPageUrl } = config.mail;
  const given = {
    openai: config.openai.baseUrl,
    gemini: config.gemini.baseUrl,
    kling: config.kling.baseUrl,
    dashscope: config.dashscope.baseUrl,
  };
  let urls = {
    openai: given.openai ?? '',
    gemini: given.gemini ?? '',
    kling: given.kling ?? '',
    dashscope: given.dashscope ?? '',
    smtp: smtpUrl ?? '',
    mail: sandboxPageUrl ?? '',
  };
  if (smtpUrl === null || Object.values(given).includes(null)) {
    const sandboxes = await startSandboxes(config.dataFolder);
    undo.push(() => sandboxes.stop());
    const ours = sandboxes.urls;
    const mail = smtpUrl === null ? { smtp: ours.smtp, mail: ours.mail } : { smtp: smtpUrl, mail: urls.mail };
    const { openai, gemini, kling, dashscope } = given;
    urls = {
      openai: openai ?? ours.openai,
      gemini: gemini ?? ours.gemini,
      kling: kling ?? ours.kling,
      dashscope: dashscope ?? ours.dashscope,
      ...mail,
    };
  }
  const openai = { apiKey: SANDBOX_KEYS.openai, baseUrl: urls.openai.endsWith('/v1') ? urls.openai : `${urls.openai}/v1` };
  const google = { apiKey: SANDBOX_KEYS.gemini, ...reach(versioned(urls.gemini), SANDBOX_PACE) };
  const kling = { credentials: { apiKey: SANDBOX_KEYS.kling }, ...reach(urls.kling, SANDBOX_PACE) };
  const dashscope = { apiKey: SANDBOX_KEYS.dashscope, ...reach(urls.dashscope, SANDBOX_PACE) };
  const mail = urls.mail === '' ? null : urls.mail;
  return {
    forApp: { connections: { openai, google, kling, dashscope }, smtpUrl: urls.smtp, mailSandboxUrl: mail },
    shown: { openai: urls.openai, gemini: urls.gemini, kling: urls.kling, dashscope: urls.dashscope, mail },
  };
}

async function realServices(config: Config, undo: (() => Promise<void>)[]): Promise<Outside> {
  const { openai, gemini, kling, dashscope } = config;
  const connections: Connections = {
    ...(openai.apiKey === null ? {} : { openai: { apiKey: openai.apiKey, baseUrl: openai.baseUrl ?? OPENAI_URL } }),
    ...(gemini.apiKey === null ? {} : { google: { apiKey: gemini.apiKey, ...reach(gemini.baseUrl, REAL_PACE, GEMINI_URL) } }),
    ...(kling.credentials === null ? {} : { kling: { credentials: kling.credentials, ...reach(kling.baseUrl, REAL_PACE, KLING_URL) } }),
    ...(dashscope.apiKey === null
      ? {}
      : { dashscope: { apiKey: dashscope.apiKey, ...reach(dashscope.baseUrl, REAL_PACE, DASHSCOPE_URL) } }),
  };
  const none = { openai: null, gemini: null, kling: null, dashscope: null };
  if (config.mail.smtpUrl !== null) {
    return { forApp: { connections, smtpUrl: config.mail.smtpUrl, mailSandboxUrl: null }, shown: { ...none, mail: null } };
  }
  // A developer with a real provider's key and no mail server still has to be able to sign up.
  const { urls, stop } = await startSandboxes(config.dataFolder);
  undo.push(stop);
  return { forApp: { connections, smtpUrl: urls.smtp, mailSandboxUrl: urls.mail }, shown: { ...none, mail: urls.mail } };
}

/** The stand-in says where it listens; the API's version is part of our address. */
const versioned = (url: string): string => (/\/v1(beta|alpha)?\/?$/.test(url) ? url : `${url}/v1beta`);

/** Results are fetched from an address that the operator has named even when it is not on the public internet. */
function reach(url: string | null, pace: typeof REAL_PACE, standard = '') {
  const baseUrl = (url ?? standard).replace(/\/+$/, '');
  return { baseUrl, pace, trustedOrigins: url === null ? [] : [new URL(url).origin] };
}
