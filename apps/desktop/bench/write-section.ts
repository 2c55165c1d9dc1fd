/**
 * Puts text between `<!-- NAME:begin -->` and `<!-- NAME:end -->` of a page; figures of a run are never typed by hand.
 * @throws Error when the page has no such marks
 */
export function writeSection(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page has no marks for ${name}`);
  return `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`;
}
