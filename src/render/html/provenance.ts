import type { FloorReport, ModelReport, Report } from '../../report/schema.ts';
import { visibleText } from '../token-text.ts';
import { commandOf } from './command.ts';
import { html } from './markup.ts';
import type { Markup } from './markup.ts';

/** The command that makes the report again, the models' files, the versions of what ran. */
export function provenance(report: Report): Markup {
  const { models, tool } = report;
  const floor = report.comparison?.floor;
  const rows = [
    modelRow('base', models.base),
    ...(models.ft === undefined ? [] : [modelRow('fine-tune', models.ft)]),
    ...(floor === undefined ? [] : [floorRow(floor)]),
  ];
  return html`<section id="provenance">
    <h2>The same again</h2>
    <pre class="command" tabindex="0">${commandOf(report)}</pre>
    <div class="scroll" tabindex="0" role="region" aria-label="Models, table">
      <table>
        <thead>
          <tr>
            <th scope="col">model</th>
            <th scope="col">folder</th>
            <th scope="col">recipe</th>
            <th scope="col" class="number">hidden size</th>
            <th scope="col" class="number">rows of the head</th>
            <th scope="col" class="number">loading</th>
            <th scope="col" class="number">model</th>
            <th scope="col" class="number">lens</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
    <p class="muted">
      ${tool.name} ${visibleText(tool.version)} · ONNX Runtime ${visibleText(tool.onnxruntime)} · Node.js
      ${visibleText(tool.node)} · report schema ${report.schemaVersion}
    </p>
  </section>`;
}

function modelRow(label: string, { path, recipe, hiddenSize, vocabSize, timing }: ModelReport): Markup {
  return html`<tr>
    <th scope="row">${label}</th>
    <td class="words">${visibleText(path)}</td>
    <td class="words">${visibleText(recipe)}</td>
    <td class="number">${hiddenSize}</td>
    <td class="number">${vocabSize}</td>
    <td class="number">${milliseconds(timing.loadMs)}</td>
    <td class="number">${milliseconds(timing.forwardMs)}</td>
    <td class="number">${milliseconds(timing.lensMs)}</td>
  </tr> `;
}

/** It is of one shape with the base. */
function floorRow({ path, recipe }: FloorReport): Markup {
  return html`<tr>
    <th scope="row">noise floor</th>
    <td class="words">${visibleText(path)}</td>
    <td class="words">${visibleText(recipe)}</td>
    <td colspan="5"></td>
  </tr> `;
}

function milliseconds(value: number): string {
  return value < 10_000 ? `${value.toFixed(0)} ms` : `${(value / 1000).toFixed(1)} s`;
}
