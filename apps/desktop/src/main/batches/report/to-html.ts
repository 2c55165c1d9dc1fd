import type { Distance, Quality } from '@pingplex/shared/contracts/engine';
import type { Measurements } from '@pingplex/shared/contracts/ipc';
import type { ResultId, Step } from '@pingplex/shared/domain';
import { errorText, fillText, type Locale, TEXTS, untoldBy } from '@pingplex/shared/text';
import { MOST_PICTURES, type Report, type ReportResult } from './collect.ts';
import { REPORT_STYLE } from './style.ts';

/**
 * The report as one HTML file that needs nothing else: small pictures inside, no scripts, nothing fetched. Follows the reader's light or
 * dark setting and prints in black on white.
 * @param pictures `data:` addresses by result
 */
export function reportHtml(report: Report, pictures: ReadonlyMap<ResultId, string>, locale: Locale): string {
  return new Page(report, pictures, locale).html();
}

class Page {
  private readonly report: Report;
  private readonly pictures: ReadonlyMap<ResultId, string>;
  private readonly locale: Locale;
  private readonly text: (typeof TEXTS)[Locale]['report'];
  private readonly words: (typeof TEXTS)[Locale]['words'];

  constructor(report: Report, pictures: ReadonlyMap<ResultId, string>, locale: Locale) {
    this.report = report;
    this.pictures = pictures;
    this.locale = locale;
    this.text = TEXTS[locale].report;
    this.words = TEXTS[locale].words;
  }

  html(): string {
    const { report, text } = this;
    const title = asText(fillText(text.title, { name: report.batch.name }));
    return `<!doctype html>
<html lang="${this.locale}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${this.facts()}
${this.resultsTable()}
${this.failedTable()}
<section aria-labelledby="reading"><h2 id="reading">${asText(text.howToRead)}</h2><ul>${text.reading.map((line) => `<li>${asText(line)}</li>`).join('')}</ul></section>
</main>
<footer>pingplex ${asText(report.appVersion)}</footer>
</body>
</html>
`;
  }

  private facts(): string {
    const { report, text } = this;
    const { batch, rights, counts, targets } = report;
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
    const of = (n: number, all: number) => fillText(text.count, { n: this.number(n), of: this.number(all) });
    const rows: (readonly [string, string])[] = [
      [text.started, this.time(batch.startedAt)],
      [text.finished, batch.finishedAt === null ? text.unfinished : this.time(batch.finishedAt)],
      [text.steps, batch.steps.map((step) => this.step(step)).join(' → ')],
      [text.folder, batch.folder],
      [text.files, of(counts.done, total)],
      [text.results, this.number(report.results.length)],
      ...(targets.of > 0 ? [[text.targetsReached, of(targets.reached, targets.of)] as const] : []),
      ...(report.seeds.length > 0 ? [[text.seed, report.seeds.join(', ')] as const] : []),
      ...(report.engineVersions.length > 0 ? [[text.engine, report.engineVersions.join(', ')] as const] : []),
      [
        text.rights,
        rights === null
          ? text.rightsNone
          : fillText(text.rightsConfirmed, {
              time: this.time(rights.confirmedAt),
              text: rights.text[this.locale],
              version: rights.version,
            }),
      ],
    ];
    return `<dl>${rows.map(([name, value]) => `<div><dt>${asText(name)}</dt><dd>${asText(value)}</dd></div>`).join('')}</dl>`;
  }

  private step(step: Step): string {
    const name = this.words.verb[step.verb];
    return step.verb === 'unicalize' ? `${name} (${step.variants} × ${this.words.strength[step.strength]})` : name;
  }

  private resultsTable(): string {
    const { report, text } = this;
    if (report.results.length === 0) return '';
    const { column } = text;
    const head = [column.picture, column.result, column.distance, column.sister, column.quality, column.target, column.parameters];
    const left =
      report.results.length > MOST_PICTURES ? `<p>${asText(fillText(text.picturesLeftOut, { n: this.number(MOST_PICTURES) }))}</p>` : '';
    return `${left}<div class="wide" role="region" aria-label="${asText(text.resultsCaption)}" tabindex="0"><table><caption>${asText(text.resultsCaption)}</caption>
<thead><tr>${head.map((name) => `<th scope="col">${asText(name)}</th>`).join('')}</tr></thead>
<tbody>
${report.results.map((one) => this.resultRow(one)).join('\n')}
</tbody></table></div>`;
  }

  private resultRow(one: ReportResult): string {
    const { measurements } = one;
    const { variant, fromSource, nearestSister, quality } = measurements;
    const picture = this.pictures.get(one.id);
    const image = picture === undefined ? `<span class="quiet">${asText(this.text.noPicture)}</span>` : `<img src="${picture}" alt="">`;
    const number = variant === undefined ? '' : `<small>${asText(this.text.column.variant)} ${variant.n}</small>`;
    return `<tr><td>${image}</td>
<th scope="row">${asText(one.name)}<small>${asText(one.source)}</small>${number}<small class="hash">${one.sha256}</small></th>
<td>${this.distance(fromSource)}</td><td>${this.distance(nearestSister)}</td><td>${this.quality(quality)}</td>
<td>${this.target(measurements)}</td><td>${parameters(measurements)}</td></tr>`;
  }

  private distance(distance: Distance | undefined): string {
    if (distance === undefined) return '–';
    const { text } = this;
    const untold = untoldBy(distance);
    if (untold !== undefined) return `${asText(text.notTold)}<small>${asText(TEXTS[this.locale].remarks.untold[untold])}</small>`;
    const { score, band, pdq, frameMatch, audioSimilarity } = distance;
    const parts = [
      pdq === undefined ? '' : `PDQ ${this.number(pdq)}`,
      frameMatch === undefined ? '' : fillText(text.framesAlike, { n: this.percent(frameMatch) }),
      audioSimilarity === undefined ? '' : fillText(text.similarSound, { n: this.number(audioSimilarity, 2) }),
    ].filter(Boolean);
    const main = `${this.words.band[band]} · ${fillText(text.of100, { n: this.number(score, 1) })}`;
    return `<span class="${band}">${asText(main)}</span><small>${asText(parts.join(' · '))}</small>`;
  }

  private quality(quality: Quality | undefined): string {
    if (quality === undefined) return '–';
    const { ssim, psnr, spectral, loudnessDelta } = quality;
    const parts = [
      ssim === undefined ? '' : `SSIM ${this.number(ssim, 3)}`,
      psnr === undefined ? '' : `PSNR ${this.number(psnr, 1)} dB`,
      spectral === undefined ? '' : fillText(this.text.spectrum, { n: this.number(spectral, 2) }),
      loudnessDelta === undefined ? '' : `${loudnessDelta > 0 ? '+' : ''}${this.number(loudnessDelta, 1)} LU`,
    ].filter(Boolean);
    return parts.map((part) => `<span class="line">${asText(part)}</span>`).join('') || '–';
  }

  private target({ variant }: Measurements): string {
    if (variant === undefined) return '–';
    const { text } = this;
    const attempts = `<small>${asText(text.column.attempts)}: ${this.number(variant.attempts)}</small>`;
    if (variant.targetReached) return `<span class="distinct">${asText(text.reached)}</span>${attempts}`;
    const missed = (variant.missed ?? []).map((what) => `<span class="line weak">${asText(text.missed[what])}</span>`).join('');
    return `${missed || `<span class="weak">${asText(text.notTold)}</span>`}${attempts}`;
  }

  private failedTable(): string {
    const { failed } = this.report;
    if (failed.length === 0) return '';
    const { column, failedCaption } = this.text;
    const rows = failed.map(({ name, state, error }) => {
      const why = error === null ? '' : errorText(this.locale, error);
      const reason = why === '' ? '' : `${asText(why.title)}<small>${asText(why.next)}</small>`;
      return `<tr><th scope="row">${asText(name)}</th><td>${asText(this.words.itemState[state])}</td><td>${reason}</td></tr>`;
    });
    return `<div class="wide"><table><caption>${asText(failedCaption)}</caption>
<thead><tr>${[column.file, column.state, column.reason].map((one) => `<th scope="col">${asText(one)}</th>`).join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
  }

  private number(value: number, digits = 0): string {
    return new Intl.NumberFormat(this.locale, { maximumFractionDigits: digits }).format(value);
  }

  private percent(share: number): string {
    return new Intl.NumberFormat(this.locale, { style: 'percent' }).format(share);
  }

  private time(at: number): string {
    return new Intl.DateTimeFormat(this.locale, { dateStyle: 'medium', timeStyle: 'short' }).format(at);
  }
}

function parameters({ variant }: Measurements): string {
  if (variant === undefined) return '';
  const text = Object.entries(variant.parameters)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
  return `<small>${asText(text)}</small>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text as text, whatever stands in it. Marks that turn the direction of writing are shown apart from their surroundings by CSS. */
function asText(text: string): string {
  return text.replaceAll(/[&<>"']/gu, (sign) => ENTITIES[sign] ?? sign);
}
