import { magnitude } from '../../report/numbers.ts';
import type { Check } from '../../report/schema.ts';
import { visibleText } from '../token-text.ts';
import { html } from './markup.ts';
import type { Markup } from './markup.ts';

const MODELS = { base: 'base', ft: 'fine-tune', both: 'both', floor: 'floor' } as const;
const RESULTS = { pass: '✓ passes', warn: '! warns', fail: '✗ FAILS' } as const;

/** Every check with its value and limit; failed ones first. */
export function checkTable(checks: readonly Check[]): Markup {
  const order = ['fail', 'warn', 'pass'];
  const sorted = checks.toSorted((a, b) => order.indexOf(a.status) - order.indexOf(b.status));
  return html`<section id="checks">
    <h2>Checks</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Checks, table">
      <table>
        <thead>
          <tr>
            <th scope="col">check</th>
            <th scope="col">model</th>
            <th scope="col" class="number">value</th>
            <th scope="col" class="number">limit</th>
            <th scope="col">result</th>
            <th scope="col">what it means</th>
          </tr>
        </thead>
        <tbody>
          ${sorted.map(checkRow)}
        </tbody>
      </table>
    </div>
  </section>`;
}

function checkRow({ id, model, value, limit, status, message }: Check): Markup {
  return html`<tr class="${status}">
    <th scope="row">${visibleText(id).replaceAll('-', ' ')}</th>
    <td>${MODELS[model]}</td>
    <td class="number">${optional(value)}</td>
    <td class="number">${optional(limit)}</td>
    <td class="result">${RESULTS[status]}</td>
    <td class="words">${visibleText(message)}</td>
  </tr> `;
}

function optional(value: number | undefined): string {
  return value === undefined ? '' : magnitude(value);
}
