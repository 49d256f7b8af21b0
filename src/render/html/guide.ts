import { thresholdWords } from '../../report/numbers.ts';
import type { FloorReport, GenerationReport, Report } from '../../report/schema.ts';
import { floorRecipe } from '../floor-recipe.ts';
import { visibleText } from '../token-text.ts';
import { html } from './markup.ts';
import type { Markup } from './markup.ts';

/** How to read the page; what does not apply to this report is left out. */
export function guide(report: Report): Markup {
  const { settings, comparison, models, generation } = report;
  const pair = comparison !== undefined && !comparison.identical;
  const routed = models.base.experts > 0;
  const reading =
    settings.norm === 'final'
      ? 'is put through the final norm and the LM head as if the model stopped there. Early layers need not be written in that language: what they "say" can be meaningless.'
      : 'is put through the LM head without the final norm. That is not what the model does: flat rows with an entropy near the largest possible are an artefact of this reading.';
  return html`<section id="guide">
    <h2>How to read this</h2>
    <dl class="guide">
      <dt>Layers</dt>
      <dd>
        <b>Embed</b> is the embedding, <b>L-i</b> the residual stream after block i, the last layer on top. Each
        ${reading}
      </dd>
      <dt>Tokens</dt>
      <dd>
        <code>·</code> is a space, <code>⏎</code> a newline, <code>⇥</code> a tab; invisible characters are written as
        escapes, <code>×4</code> counts repetitions, <code>#id</code> tells apart tokens that look the same.
      </dd>
      <dt>Entropy, H</dt>
      <dd>
        in nats, 0 when one token has all the probability, ln V = ${Math.log(models.base.vocabSize).toFixed(2)} when all
        ${models.base.vocabSize} rows of the head have the same. <b>Active</b> tokens have a probability above
        ${thresholdWords(settings.activeThreshold)}.
      </dd>
      <dt>KL to final</dt>
      <dd>KL(last row ‖ this row) in nats: how far a layer is from what the model says in the end.</dd>
      <dt>Settles</dt>
      <dd>the first layer from which the top token stays the model's final one; marked <span class="rail">┃</span>.</dd>
      ${pair ? change(comparison.floor, floorRecipe(report)) : html``} ${routed ? routing(pair) : html``}
      ${settings.trackedSets === undefined ? html`` : sets()}
      ${models.base.attentionLayers === undefined ? html`` : attention(pair)}
      ${comparison?.crossHead === undefined ? html`` : crossHead()}
      ${generation === undefined ? html`` : written(generation)}
      <dt>Position 0</dt>
      <dd>
        is an attention sink in most models. It is drawn, and left out of the range of the colours when other positions
        are shown.
      </dd>
      <dt>Association</dt>
      <dd>
        A lens shows what a state would predict if it were the last, and what changes together. It does not show causes.
      </dd>
    </dl>
  </section>`;
}

function change(floor: FloorReport | undefined, recipe: string): Markup {
  return html`<dt>JS, √JS</dt>
    <dd>
      Jensen-Shannon divergence between the two models at the same layer, in nats, 0 to ln 2. Maps, bars and curves show
      the distance √(JS / ln 2), 0 to 1, on which small differences are visible.
      ${floor === undefined ? html`No noise floor was measured: small values may be quantisation noise.` : html``}
    </dd>
    ${floor === undefined ? html`` : noiseFloor(floor, recipe)}
    <dt>Marks</dt>
    <dd>
      <b>≠</b> another top token (a small square in the map), <b>~</b> differs with the same top token,
      ${floor === undefined ? html`` : html`<b>≈</b> within the noise floor (a stroke in the map),`}
      <b>=</b> bit-identical. <b>rank 3/105</b>: base's top token is third in the fine-tune, the fine-tune's is 105th in
      base.
    </dd>`;
}

function noiseFloor({ name }: FloorReport, recipe: string): Markup {
  return html`<dt>Noise floor</dt>
    <dd>
      how far rounding alone moves the base: the JS between base and <b>${visibleText(name)}</b>, the same weights with
      ${visibleText(recipe)}, at the same layer and position. Where the two models differ no more than that, the
      difference is not told from noise.
    </dd>`;
}

function written({ continuations }: GenerationReport): Markup {
  const pair = continuations.some(({ models }) => models.ft !== undefined);
  const judged = pair
    ? html` Both models read both continuations: a token that the other model ranks first could have been written by it
      as well; one that it ranks second or third is marginally shifted, one that it ranks lower is shifted.`
    : html``;
  return html`<dt>Generation</dt>
    <dd>
      greedy: the most probable token each time, until one ends the text. The state at a position chooses the next
      token, so a continuation is read from the last position of the prompt on.${judged}
    </dd>`;
}

function attention(pair: boolean): Markup {
  const hidden = pair
    ? html` The mean over heads can hide heads that move against each other: on average single heads differ at least as
      much as their mean.`
    : html``;
  return html`<dt>Attention</dt>
    <dd>
      the weights with which one position looks at itself and at those before it, after the softmax; they sum to
      1.${hidden} What lies on position 0 is mostly the share of heads that find nothing to look at.
    </dd>`;
}

function crossHead(): Markup {
  return html`<dt>Cross-head</dt>
    <dd>
      each model's states read through the final norm and head of the other. What differs through one and the same head
      is in the states; what differs for one and the same state is in norm and head. Either has two ways, because the
      two changes need not add up.
    </dd>`;
}

function sets(): Markup {
  return html`<dt>Tracked sets</dt>
    <dd>
      the probability of several tokens together: a word as it was typed, in lower case, capitalised and in upper case,
      each with and without a blank before it, or several such words. The best rank is that of the most probable of
      them.
    </dd>`;
}

function routing(pair: boolean): Markup {
  const marks = pair
    ? html` <b>▲</b> is an expert that only the fine-tune takes, <b>▼</b> one that only base takes.`
    : html``;
  return html`<dt>Routing</dt>
    <dd>
      the experts that a block's router chooses for this token, with the weights that the block applies.${marks} Load
      counts how often each expert was chosen over the positions that were read, without position 0; its entropy is
      largest when all experts are chosen equally often.
    </dd>`;
}
