import { thresholdWords } from '../../report/numbers.ts';
import type { Report } from '../../report/schema.ts';
import { html } from './markup.ts';
import type { Markup } from './markup.ts';

/** How to read the page; what does not apply to this report is left out. */
export function guide({ settings, comparison, models }: Report): Markup {
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
      ${pair ? change() : html``} ${routed ? routing(pair) : html``}
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

function change(): Markup {
  return html`<dt>JS, √JS</dt>
    <dd>
      Jensen-Shannon divergence between the two models at the same layer, in nats, 0 to ln 2. Maps, bars and curves show
      the distance √(JS / ln 2), 0 to 1, on which small differences are visible. No noise floor was measured: small
      values may be quantisation noise.
    </dd>
    <dt>Marks</dt>
    <dd>
      <b>≠</b> another top token (a small square in the map), <b>~</b> differs with the same top token,
      <b>=</b> bit-identical. <b>rank 3/105</b>: base's top token is third in the fine-tune, the fine-tune's is 105th in
      base.
    </dd>`;
}

function routing(pair: boolean): Markup {
  const marks = pair
    ? html` <b>▲</b> is an expert that only the fine-tune takes, <b>▼</b> one that only base takes.`
    : html``;
  return html`<dt>Routing</dt>
    <dd>
      the experts that a block's router chooses for this token, with the weights that the block applies.${marks} Load
      counts how often each expert was chosen over all positions that were read.
    </dd>`;
}
