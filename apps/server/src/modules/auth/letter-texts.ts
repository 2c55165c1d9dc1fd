import type { LetterText, Locale } from '../../mail/letter.ts';

/** What the letters of accounts say; `{name}` stands for a value. */
export const LETTER_TEXTS = {
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
  secondFactorOn: {
    en: {
      subject: 'Two-factor sign-in is on for your pingplex account',
      lines: ['from now on a code of your authenticator app is asked for at sign-in. Keep the recovery codes where you find them.'],
      ignore: 'If that wasn’t you, set a new password at once with “Forgot password” in the app and write to support.',
    },
    ru: {
      subject: 'В аккаунте pingplex включён двухэтапный вход',
      lines: ['теперь при входе нужен код из приложения. Храните коды восстановления там, где сможете их найти.'],
      ignore: 'Если это были не вы, сразу задайте новый пароль через «Забыли пароль» в приложении и напишите в поддержку.',
    },
  },
  secondFactorOff: {
    en: {
      subject: 'Two-factor sign-in is off for your pingplex account',
      lines: ['from now on no code of an authenticator app is asked for at sign-in.'],
      ignore: 'If that wasn’t you, set a new password at once with “Forgot password” in the app.',
    },
    ru: {
      subject: 'В аккаунте pingplex выключен двухэтапный вход',
      lines: ['теперь при входе не нужен код из приложения.'],
      ignore: 'Если это были не вы, сразу задайте новый пароль через «Забыли пароль» в приложении.',
    },
  },
  recoveryCodeUsed: {
    en: {
      subject: 'A recovery code of your pingplex account was used',
      lines: ['somebody, probably you, signed in with a recovery code. It is used up; {left} are left.'],
      ignore: 'If that wasn’t you, set a new password at once with “Forgot password” in the app.',
    },
    ru: {
      subject: 'Использован код восстановления аккаунта pingplex',
      lines: ['кто-то, вероятно вы, вошёл по коду восстановления. Этот код больше не действует; осталось кодов: {left}.'],
      ignore: 'Если это были не вы, сразу задайте новый пароль через «Забыли пароль» в приложении.',
    },
  },
  recoveryCodesRenewed: {
    en: {
      subject: 'New recovery codes for your pingplex account',
      lines: ['ten new recovery codes were made for your account; the old ones no longer work.'],
      ignore: 'If that wasn’t you, set a new password at once with “Forgot password” in the app.',
    },
    ru: {
      subject: 'Новые коды восстановления аккаунта pingplex',
      lines: ['для вашего аккаунта созданы десять новых кодов восстановления; прежние больше не действуют.'],
      ignore: 'Если это были не вы, сразу задайте новый пароль через «Забыли пароль» в приложении.',
    },
  },
  googleLinked: {
    en: {
      subject: 'Google was linked to your pingplex account',
      lines: ['the Google account {google} opens your pingplex account from now on.'],
      ignore: 'If that wasn’t you, unlink it on the Account screen and set a new password.',
    },
    ru: {
      subject: 'К аккаунту pingplex привязан Google',
      lines: ['теперь аккаунт Google {google} открывает ваш аккаунт pingplex.'],
      ignore: 'Если это были не вы, отвяжите его на экране «Аккаунт» и задайте новый пароль.',
    },
  },
  googleUnlinked: {
    en: {
      subject: 'Google was unlinked from your pingplex account',
      lines: ['the Google account {google} no longer opens your pingplex account.'],
      ignore: 'If that wasn’t you, set a new password at once with “Forgot password” in the app.',
    },
    ru: {
      subject: 'От аккаунта pingplex отвязан Google',
      lines: ['аккаунт Google {google} больше не открывает ваш аккаунт pingplex.'],
      ignore: 'Если это были не вы, сразу задайте новый пароль через «Забыли пароль» в приложении.',
    },
  },
  emailChange: {
    en: {
      subject: 'Confirm the new address of your pingplex account',
      lines: ['you asked to use this address for your pingplex account. The link works once and for 24 hours.'],
      button: 'Confirm the address',
      ignore: 'If that wasn’t you, ignore this mail: nothing changes without the confirmation.',
    },
    ru: {
      subject: 'Подтвердите новый адрес аккаунта pingplex',
      lines: ['вы попросили перевести аккаунт pingplex на этот адрес. Ссылка действует один раз и 24 часа.'],
      button: 'Подтвердить адрес',
      ignore: 'Если это были не вы, ничего не делайте: без подтверждения ничего не изменится.',
    },
  },
  addressTaken: {
    en: {
      subject: 'This address has a pingplex account of its own',
      lines: ['somebody wanted to use this address for another pingplex account. It belongs to yours already, so nothing was changed.'],
      ignore: 'If it wasn’t you, there is nothing to do.',
    },
    ru: {
      subject: 'У этого адреса уже есть свой аккаунт pingplex',
      lines: ['кто-то хотел перевести на этот адрес другой аккаунт pingplex. Адрес уже занят вашим, поэтому ничего не изменилось.'],
      ignore: 'Если это были не вы, делать ничего не нужно.',
    },
  },
  emailChanged: {
    en: {
      subject: 'Your pingplex account has another address now',
      lines: [
        'your account was moved from this address to another one. If you did that, there is nothing to do.',
        'If you did not: the button takes it back within 7 days, signs every device out and ends the password; a mail for a new one follows.',
      ],
      button: 'That wasn’t me, take it back',
      ignore: 'The link works once and for 7 days.',
    },
    ru: {
      subject: 'У вашего аккаунта pingplex теперь другой адрес',
      lines: [
        'ваш аккаунт переведён с этого адреса на другой. Если это сделали вы, ничего делать не нужно.',
        'Если не вы: кнопка вернёт адрес в течение 7 дней, завершит вход на всех устройствах и отменит пароль; письмо для нового придёт следом.',
      ],
      button: 'Это не я, вернуть',
      ignore: 'Ссылка действует один раз и 7 дней.',
    },
  },
} as const satisfies Record<string, Record<Locale, LetterText>>;
