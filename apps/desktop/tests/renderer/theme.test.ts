import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const SOURCE = path.join(import.meta.dirname, '../../src/renderer');
const css = readFileSync(path.join(SOURCE, 'app/theme.css'), 'utf8');

/** Colours of a theme by name, where they are opaque. */
function tokens(theme: 'dark' | 'light'): Map<string, string> {
  const block = new RegExp(`:root\\[data-theme="${theme}"\\] \\{([^}]*)\\}`).exec(css)?.[1] ?? '';
  return new Map([...block.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name ?? '', value ?? '']));
}

/** Relative luminance and contrast after WCAG 2.2. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

test.each(['dark', 'light'] as const)('text of the %s theme passes WCAG AA on every surface', (theme) => {
  const of = tokens(theme);
  const colour = (name: string): string => of.get(name) ?? '';
  const pairs = ['bg', 'surface', 'raised'].flatMap((ground) =>
    ['text', 'muted', 'faint', 'accent-text', 'ok', 'warn', 'bad'].map((ink) => [ink, ground] as const),
  );
  for (const [ink, ground] of [...pairs, ['on-accent', 'accent-strong'], ['on-accent', 'accent-hover'], ['on-badge', 'badge']] as const) {
    expect(contrast(colour(ink), colour(ground)), `${ink} on ${ground}`).toBeGreaterThanOrEqual(4.5);
  }
});

test('both themes have the same tokens, those of the reference picture among them', () => {
  expect([...tokens('light').keys()]).toEqual([...tokens('dark').keys()]);
  const names = ['bg', 'surface', 'raised', 'line', 'line-strong', 'text', 'muted', 'faint', 'accent', 'on-accent', 'ok', 'warn', 'bad'];
  expect([...tokens('dark').keys()]).toEqual(expect.arrayContaining(names));
});

test('nothing in the window puts style elements into the page, which its content security policy refuses', () => {
  const sources = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => readFileSync(path.join(SOURCE, name), 'utf8'))
    .join('\n');
  expect(sources).not.toMatch(/from 'sonner'|<style[ >]|createElement\('style'\)|dangerouslySetInnerHTML/);
  // These parts of Radix bring a style element: scroll locks of overlays and modal menus, select and scroll area.
  expect(sources).not.toMatch(/Radix\.Overlay|Select\.Root|ScrollArea|ContextMenu\.Root/);
  for (const [menu] of sources.matchAll(/<DropdownMenu\.Root[^>]*>/g)) expect(menu).toContain('modal={false}');
});
