import { tokenCount } from '../../report/numbers.ts';
import type { Check, ModelReport, Report } from '../../report/schema.ts';
import { verdictOf } from '../../report/verdict.ts';
import { visibleText } from '../token-text.ts';
import { html } from './markup.ts';
import type { Markup } from './markup.ts';
import { WORDING, withTokens } from './words.ts';

/** What was compared, and the name of the document. */
export function title({ models }: Report): string {
  const names = [models.base, ...(models.ft === undefined ? [] : [models.ft])].map(({ name }) => visibleText(name));
  return `ft-lens · ${names.join(' → ')}`;
}

/** The head of the page: the models, what they are, how they were read. */
export function header({ models, prompt, settings, comparison }: Report): Markup {
  const { base, ft } = models;
  const second = ft === undefined ? html`` : html` → <span class="ft">${visibleText(ft.name)}</span>`;
  const facts = [
    ...modelFacts(base),
    settings.device,
    ...(comparison?.floor === undefined ? [] : [`noise floor ${visibleText(comparison.floor.name)}`]),
    `${tokenCount(prompt.tokens.length)}${prompt.chat ? ' (chat template)' : ''}`,
    settings.norm === 'final' ? 'final norm + LM head on every layer' : 'LM head WITHOUT the final norm',
  ];
  return html`<header>
    <div>
      <h1>ft-lens · <span class="base">${visibleText(base.name)}</span>${second}</h1>
      <p class="muted">${facts.join(' · ')}</p>
    </div>
    <button type="button" id="theme" hidden>Light / dark</button>
  </header>`;
}

function modelFacts({ architecture, layers, experts, expertsPerToken, recipe }: ModelReport): string[] {
  return [
    visibleText(architecture),
    `${layers} layers`,
    ...(experts === 0 ? [] : [`${expertsPerToken} of ${experts} experts`]),
    ...(recipe === '' ? [] : [visibleText(recipe)]),
  ];
}

/** The report in words, with its checks in a line. */
export function verdict(report: Report): Markup {
  const { kind, headline, sentences } = verdictOf(report, WORDING);
  return html`<section class="verdict" data-kind="${kind}" aria-label="Verdict">
    <h2>${withTokens(headline)}</h2>
    <p>${withTokens(sentences.join(' '))}</p>
    <p>${checkLine(report.checks)}</p>
  </section>`;
}

function checkLine(checks: readonly Check[]): Markup {
  if (checks.length === 0) return html`The report holds no checks.`;
  const failed = checks.filter(({ status }) => status === 'fail').length;
  const warned = checks.filter(({ status }) => status === 'warn').length;
  const parts = [
    failed === 0 ? '' : `${failed} of ${checks.length} self-checks FAILED`,
    warned === 0 ? '' : `${warned} of ${checks.length} self-checks ${warned === 1 ? 'warns' : 'warn'}`,
  ].filter((part) => part !== '');
  const text = parts.length === 0 ? passed(checks.length) : `${failed === 0 ? '!' : '✗'} ${parts.join(', ')}`;
  return html`<a href="#checks" class="${parts.length === 0 ? 'good' : 'bad'}">${text}</a>`;
}

function passed(count: number): string {
  return count === 1 ? '✓ The self-check passes' : `✓ All ${count} self-checks pass`;
}
