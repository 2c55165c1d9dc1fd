import type { Finding } from './google-accounts.ts';

type Asking = { title: string; text: string; button: string };
type Refusal = { title: string; text: string };
type Kind = Finding['kind'];
type AskingKind = Extract<Kind, 'signIn' | 'join' | 'link' | 'check' | 'create'>;

type Words = {
  /** `{device}`, `{account}` and `{google}` stand for names. */
  asking: Record<AskingKind, Asking>;
  refusal: Record<Exclude<Kind, AskingKind>, Refusal>;
  warning: string;
  adult: string;
  adultMissing: string;
  secondFactor: string;
  showCode: string;
  cancel: string;
  again: string;
  code: Refusal;
  canceled: Refusal;
  over: string;
};

/** What the pages of a sign-in through the browser say. */
export const SIGN_IN_WORDS: Record<'en' | 'ru', Words> = {
  en: {
    asking: {
      signIn: {
        title: 'Sign in to pingplex?',
        text: 'The pingplex app on “{device}” will be signed in as {account}, with your Google account {google}.',
        button: 'Sign in',
      },
      join: {
        title: 'Sign in to pingplex?',
        text: 'There is a pingplex account with your address {account}. It will be linked to your Google account, and the app on “{device}” will be signed in.',
        button: 'Link and sign in',
      },
      create: {
        title: 'Create a pingplex account?',
        text: 'A new pingplex account with the address {google} begins, and the app on “{device}” will be signed in.',
        button: 'Create the account',
      },
      link: {
        title: 'Link Google to your pingplex account?',
        text: 'From now on the Google account {google} opens the pingplex account {account}. The app on “{device}” asked for it.',
        button: 'Link',
      },
      check: {
        title: 'Confirm that it’s you',
        text: 'The pingplex app on “{device}” wants to know that it’s you, {account}, before something important changes.',
        button: 'It’s me',
      },
    },
    refusal: {
      notVouched: {
        title: 'Google can’t vouch for this address',
        text: 'To sign in, use e-mail and password in the app; if you have no account yet, create one there. Afterwards you can link this Google account on the Account screen.',
      },
      taken: {
        title: 'This Google account belongs to another pingplex account',
        text: 'Choose another Google account in the app, or unlink it there first.',
      },
      other: {
        title: 'This isn’t the Google account that is linked',
        text: 'Start again in the app and choose the linked one.',
      },
      closed: { title: 'This account can’t be used', text: 'Write to support. Local steps in the app keep working.' },
    },
    warning: 'Go on only if you started this yourself just now in the pingplex app on this device.',
    adult: 'I am 18 or older.',
    adultMissing: 'An account is only for people of 18 or older.',
    secondFactor: 'Code of your authenticator app, or a recovery code',
    showCode: 'Show a code to paste instead',
    cancel: 'Cancel',
    again: 'You have confirmed this already. If the app didn’t notice, take a code over by hand.',
    code: {
      title: 'Paste this code into pingplex',
      text: 'It works once and for 10 minutes. Nobody from pingplex will ever ask you for it.',
    },
    canceled: { title: 'Canceled', text: 'Nothing was changed. You can close this page.' },
    over: 'This sign-in is over',
  },
  ru: {
    asking: {
      signIn: {
        title: 'Войти в pingplex?',
        text: 'Приложение pingplex на устройстве «{device}» войдёт как {account} с вашим аккаунтом Google {google}.',
        button: 'Войти',
      },
      join: {
        title: 'Войти в pingplex?',
        text: 'Аккаунт pingplex с вашим адресом {account} уже есть. Он будет связан с вашим аккаунтом Google, и приложение на устройстве «{device}» войдёт в него.',
        button: 'Связать и войти',
      },
      create: {
        title: 'Создать аккаунт pingplex?',
        text: 'Будет создан новый аккаунт pingplex с адресом {google}, и приложение на устройстве «{device}» войдёт в него.',
        button: 'Создать аккаунт',
      },
      link: {
        title: 'Привязать Google к аккаунту pingplex?',
        text: 'Аккаунт Google {google} будет открывать аккаунт pingplex {account}. Об этом попросило приложение на устройстве «{device}».',
        button: 'Привязать',
      },
      check: {
        title: 'Подтвердите, что это вы',
        text: 'Приложение pingplex на устройстве «{device}» хочет убедиться, что это вы, {account}, прежде чем изменится что-то важное.',
        button: 'Это я',
      },
    },
    refusal: {
      notVouched: {
        title: 'Google не может поручиться за этот адрес',
        text: 'Войдите в приложении по почте и паролю, а если аккаунта ещё нет, создайте его там. Потом этот аккаунт Google можно привязать на экране «Аккаунт».',
      },
      taken: {
        title: 'Этот аккаунт Google принадлежит другому аккаунту pingplex',
        text: 'Выберите в приложении другой аккаунт Google или сначала отвяжите его там.',
      },
      other: { title: 'Это не тот аккаунт Google, который привязан', text: 'Начните в приложении снова и выберите привязанный.' },
      closed: { title: 'Этим аккаунтом нельзя пользоваться', text: 'Напишите в поддержку. Локальные шаги в приложении работают.' },
    },
    warning: 'Продолжайте, только если вы сами только что начали это в приложении pingplex на этом устройстве.',
    adult: 'Мне уже исполнилось 18 лет.',
    adultMissing: 'Аккаунт только для тех, кому уже исполнилось 18 лет.',
    secondFactor: 'Код из приложения для входа или код восстановления',
    showCode: 'Показать код для вставки',
    cancel: 'Отмена',
    again: 'Вы уже подтвердили это. Если приложение не заметило, перенесите код вручную.',
    code: {
      title: 'Вставьте этот код в pingplex',
      text: 'Он действует один раз и 10 минут. Никто из pingplex никогда не спросит его у вас.',
    },
    canceled: { title: 'Отменено', text: 'Ничего не изменилось. Эту страницу можно закрыть.' },
    over: 'Этот вход закончен',
  },
};
