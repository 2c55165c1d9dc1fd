import type { Destination } from './destination.ts';

/** Where rules were read, in both languages. */
type Source = Destination['source'];
export const META: Source = {
  en: 'Limits of Instagram’s publishing interface, as listed by publishing services',
  ru: 'Пределы интерфейса публикации Instagram по справкам сервисов публикации',
};
export const YOUTUBE: Source = {
  en: 'YouTube Help: recommended upload encoding settings (answer 1722171)',
  ru: 'Справка YouTube: рекомендуемые настройки кодирования (статья 1722171)',
};
export const TELEGRAM: Source = {
  en: 'Telegram: Bot API and sticker pages, as quoted by their libraries',
  ru: 'Telegram: Bot API и страницы о стикерах, как их приводят библиотеки',
};
/** A source with something to add. */
export const and = (source: Source, en: string, ru: string): Source => ({ en: `${source.en}; ${en}`, ru: `${source.ru}; ${ru}` });
export const PLAYBACK: readonly [string, string] = [
  'loudness: what its own statistics turn playback down to',
  'громкость: до неё убавляется воспроизведение по данным его статистики',
];
