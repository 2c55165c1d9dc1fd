import type { Letter } from '../../mail/transport.ts';

type Locale = 'en' | 'ru';
type Text = { subject: string; lines: readonly string[]; button?: string; ignore: string };

const HELLO: Record<Locale, string> = { en: 'Hello,', ru: 'Здравствуйте!' };

const TEXTS = {
  confirm: {
    en: {
      subject: 'Confirm your address for pingplex',
      lines: ['you are about to create a pingplex account with this address. The link works once and for 24 hours.'],
      button: 'Confirm the address',
      ignore: 'If that wasn’t you, ignore this mail: without the confirmation no account comes into being.',
    },
    ru: {
      subject: 'Подтвердите адрес для pingplex',
      lines: ['вы создаёте аккаунт pingplex с этим адресом. Ссылка действует один раз и 24 часа.'],
      button: 'Подтвердить адрес',
      ignore: 'Если это были не вы, ничего не делайте: без подтверждения аккаунт не появится.',
    },
  },
  alreadyHave: {
    en: {
      subject: 'You already have a pingplex account',
      lines: ['somebody, probably you, wanted to create a pingplex account with this address. There is one already: just sign in.'],
      ignore: 'If you forgot the password, choose “Forgot password” in the app. If it wasn’t you, there is nothing to do.',
    },
    ru: {
      subject: 'У вас уже есть аккаунт pingplex',
      lines: ['кто-то, вероятно вы, хотел создать аккаунт pingplex с этим адресом. Он уже есть: просто войдите.'],
      ignore: 'Если вы забыли пароль, выберите в приложении «Забыли пароль». Если это были не вы, делать ничего не нужно.',
    },
  },
  reset: {
    en: {
      subject: 'Set a new pingplex password',
      lines: ['you asked for a new password. The link works once and for 30 minutes; using it signs every device out.'],
      button: 'Set a new password',
      ignore: 'If that wasn’t you, ignore this mail: your password stays as it is.',
    },
    ru: {
      subject: 'Новый пароль для pingplex',
      lines: ['вы попросили задать новый пароль. Ссылка действует один раз и 30 минут; после этого все устройства выйдут из аккаунта.'],
      button: 'Задать новый пароль',
      ignore: 'Если это были не вы, ничего не делайте: пароль останется прежним.',
    },
  },
  passwordChanged: {
    en: {
      subject: 'Your pingplex password was changed',
      lines: ['the password of your account was changed just now, and other devices were signed out.'],
      ignore: 'If that wasn’t you, set a new password at once with “Forgot password” in the app.',
    },
    ru: {
      subject: 'Пароль pingplex изменён',
      lines: ['пароль вашего аккаунта только что изменён, остальные устройства вышли из него.'],
      ignore: 'Если это были не вы, сразу задайте новый пароль через «Забыли пароль» в приложении.',
    },
  },
  refreshReused: {
    en: {
      subject: 'We signed a device out of your pingplex account',
      lines: ['the sign-in of the device “{device}” was used from two places, as happens when it is copied. To be safe we ended it.'],
      ignore: 'Sign in again on your device. If you don’t know it, change your password.',
    },
    ru: {
      subject: 'Мы завершили вход на одном устройстве',
      lines: [
        'вход на устройстве «{device}» использовали из двух мест, так бывает при его копировании. Для безопасности мы его завершили.',
      ],
      ignore: 'Войдите на своём устройстве снова. Если устройство вам незнакомо, смените пароль.',
    },
  },
} as const satisfies Record<string, Record<Locale, Text>>;

export type LetterKind = keyof typeof TEXTS;

/** Writes a letter in the reader's language, as text and as HTML that loads nothing. @param link only for kinds with a button */
export function writeLetter(kind: LetterKind, locale: Locale, values: Record<string, string> = {}, link?: string): Letter {
  const text: Text = TEXTS[kind][locale];
  const lines = text.lines.map((line) => line.replaceAll(/\{(\w+)\}/g, (_, key: string) => values[key] ?? ''));
  const plain = [HELLO[locale], '', ...lines, ...(link ? ['', link] : []), '', text.ignore, '', '— pingplex'].join('\n');
  const style = 'font:15px/1.5 system-ui,sans-serif;color:#1a1a1a;max-width:34em;margin:2em auto;padding:0 1em';
  const button = 'display:inline-block;padding:.7em 1.2em;background:#1f5eff;color:#fff;border-radius:8px;text-decoration:none';
  const html = `<!doctype html><html lang="${locale}"><body style="${style}"><p>${escapeHtml(HELLO[locale])}</p>
${lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('\n')}
${link && text.button ? `<p><a style="${button}" href="${escapeHtml(link)}">${escapeHtml(text.button)}</a></p>` : ''}
<p style="color:#666">${escapeHtml(text.ignore)}</p><p>— pingplex</p></body></html>`;
  return { subject: text.subject, text: plain, html };
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escapeHtml = (value: string): string => value.replaceAll(/[&<>"']/g, (c) => ENTITIES[c] ?? c);
