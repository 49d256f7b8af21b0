import type { Report } from '../report/schema.ts';
import { buildPageData } from './html/build-page-data.ts';
import { checkTable } from './html/checks.ts';
import { guide } from './html/guide.ts';
import { Markup, html, scriptJson } from './html/markup.ts';
import { partTable } from './html/parts.ts';
import { provenance } from './html/provenance.ts';
import { header, title, verdict } from './html/summary.ts';

/** Script and style of the page, which are the same for every report. */
export interface PageCode {
  readonly script: InlineCode;
  readonly style: InlineCode;
}

interface InlineCode {
  readonly text: string;
  /** base64 of the SHA-256 of its UTF-8 */
  readonly sha256: string;
}

/**
 * The report as one HTML document that needs nothing else: no request, no other file. Its content security policy allows
 * only this very script and style, and text from models and files is only ever text. Equal reports give equal bytes.
 */
export function renderHtml(report: Report, { script, style }: PageCode): string {
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${script.sha256}'`,
    `style-src 'sha256-${style.sha256}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="generator" content="ft-lens" />
        <title>${title(report)}</title>
        ${new Markup(`<style>${style.text}</style>`)}
      </head>
      <body>
        ${header(report)}
        <main>
          ${verdict(report)}
          <noscript
            ><p class="muted">
              The maps, curves and tables of this page are drawn by its own script, which is switched off here.
            </p></noscript
          >
          <div id="reading"></div>
          ${partTable(report.comparison?.parts)} ${checkTable(report.checks)} ${guide(report)} ${provenance(report)}
        </main>
        ${new Markup(`<script type="application/json" id="data">${scriptJson(buildPageData(report))}</script>`)}
        ${new Markup(`<script type="module">${script.text}</script>`)}
      </body>
    </html> `.text;
}
