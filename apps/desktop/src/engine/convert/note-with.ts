/**
 * A note that carries a figure: `code:figure`. The text of the code says what the figure is.
 * @param decimals of the figure; none are added to whole ones
 */
export function noteWith(code: string, figure: number, decimals = 3): string {
  return `${code}:${Number(figure.toFixed(decimals))}`;
}
