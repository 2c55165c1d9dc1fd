/** What a spreadsheet takes for a formula, also in its full-width forms; a plain number may begin with a sign. */
const FORMULA = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;
const NUMBER = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i;
const NEEDS_QUOTES = /[",;\r\n\t]/;

/**
 * One cell (RFC 4180) that no spreadsheet takes for a formula: what begins like one gets an apostrophe in front
 * (https://owasp.org/www-community/attacks/CSV_Injection).
 */
function cell(value: string): string {
  // Spreadsheets skip blanks and invisible marks before a formula.
  const begins = value.replace(/^[\s\u200B-\u200F\uFEFF]+/, '');
  const isFormula = (FORMULA.test(value) || FORMULA.test(begins)) && !NUMBER.test(value);
  const safe = (isFormula ? `'${value}` : value).replaceAll('\0', '');
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** One line of a CSV file with its line end. */
export function csvLine(cells: readonly (string | number | boolean | undefined)[]): string {
  return `${cells.map((value) => (value === undefined ? '' : cell(String(value)))).join(',')}\r\n`;
}
