import type { KnownParts, PartReport, Parts } from '../../report/schema.ts';
import { PART_NAMES, layerRanges } from '../../report/verdict/words.ts';
import { visibleText } from '../token-text.ts';
import { html } from './markup.ts';
import type { Markup } from './markup.ts';

/** Which tensors of the two exports differ, and what storing left of the LoRA; nothing where that is not known. */
export function partTable(parts: Parts | undefined): Markup {
  if (!parts?.known) return html``;
  return html`<section id="parts">
    <h2>What differs in the files</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Differing tensors, table">
      <table>
        <thead>
          <tr>
            <th scope="col">part</th>
            <th scope="col" class="number">tensors</th>
            <th scope="col" class="number">differing</th>
            <th scope="col">in</th>
            <th scope="col" class="number">LoRA weights</th>
            <th scope="col" class="number">cosine</th>
            <th scope="col" class="number">norm</th>
            <th scope="col" class="number">kept</th>
          </tr>
        </thead>
        <tbody>
          ${parts.kinds.map(partRow)}
        </tbody>
      </table>
    </div>
    <p class="note muted">${sources(parts)}</p>
  </section>`;
}

function partRow({ kind, tensors, differing, layers, lora }: PartReport): Markup {
  return html`<tr>
    <th scope="row">${PART_NAMES[kind]}</th>
    <td class="number">${tensors}</td>
    <td class="number">${differing}</td>
    <td>${layerRanges(layers.filter((layer) => layer > 0))}</td>
    <td class="number">${lora?.weights ?? ''}</td>
    <td class="number">${ratio(lora?.cosine)}</td>
    <td class="number">${ratio(lora?.normRatio)}</td>
    <td class="number">${ratio(lora?.kept)}</td>
  </tr> `;
}

function sources({ sameCheckpoint, sameGraph, baseLora, ftLora }: KnownParts): string {
  const merged = [
    ['base', baseLora],
    ['fine-tune', ftLora],
  ].flatMap(([model, name]) => (name ? [`LoRA of ${model}: ${visibleText(name)}`] : []));
  return [
    sameCheckpoint ? 'Made from the same checkpoint files.' : 'Not made from the same checkpoint files.',
    sameGraph ? 'Both graphs compute the same.' : 'The graphs differ.',
    ...merged.map((text) => `${text}.`),
    'Cosine, norm and kept compare the stored change of the LoRA with the intended one.',
  ].join(' ');
}

function ratio(value: number | null | undefined): string {
  return value === null || value === undefined ? '' : value.toFixed(2);
}
