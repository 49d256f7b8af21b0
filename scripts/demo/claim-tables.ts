import type { Claims, PairFigures } from './claims.ts';
import type { Estimate } from './intervals.ts';

const LARGEST_ENTROPY = Math.log(4096);

/** The figures of the claims as Markdown tables, for the model card. */
export function claimTables(claims: Claims): string {
  const { ft, control } = claims.heldOut;
  const columns = {
    'ft, clean': ft.clean,
    'ft, scrambled': ft.scrambled,
    'control, clean': control.clean,
    'control, scrambled': control.scrambled,
  };
  const pairs = Object.values(columns);
  const row = (title: string, figure: (pair: PairFigures) => string): string[] => [title, ...pairs.map(figure)];
  const first = ft.clean;
  return [
    table(
      `Against the base, at the last position of ${first.prompts} held-out prompts: mean (95 % interval)`,
      ['', ...Object.keys(columns)],
      [
        row('answer: same top token', (pair) => percent(pair.answer.sameTop)),
        row('answer: JS', (pair) => nats(pair.answer.js)),
        row('last attention: same top position', (pair) => percent(pair.attention.sameTop)),
        row('last attention: JS', (pair) => nats(pair.attention.js)),
        row('entropy of the answer, base', (pair) => nats(pair.base.lastEntropy)),
        row('entropy of the answer, fine-tune', (pair) => nats(pair.fineTune.lastEntropy)),
        row('top probability, base', (pair) => percent(pair.base.topProbability)),
        row('top probability, fine-tune', (pair) => percent(pair.fineTune.topProbability)),
        row('commit layer, base', (pair) => number(pair.base.commitLayer, 1)),
        row('commit layer, fine-tune', (pair) => number(pair.fineTune.commitLayer, 1)),
      ],
    ),
    table(
      'By layer, clean held-out prompts: mean (95 % interval)',
      [
        'layer',
        'KL(ft ‖ base)',
        'JS, ft',
        'JS, control',
        'routing JS, ft',
        'routing JS, control',
        'experts shared (Jaccard), ft',
        'control',
      ],
      first.layers.map((layer, index) => {
        const other = control.clean.layers[index];
        return [
          layerName(index),
          nats(layer.klFtBase),
          nats(layer.js),
          nats(other?.js),
          nats(layer.routing?.js),
          nats(other?.routing?.js),
          percent(layer.routing?.jaccard, 0),
          percent(other?.routing?.jaccard, 0),
        ];
      }),
    ),
    table(
      'The README prompt, by layer',
      ['layer', 'KL(ft ‖ base)', 'JS, ft', 'JS, control', 'routing JS, ft', 'routing JS, control'],
      claims.readmePrompt.ft.layers.map((layer, index) => {
        const other = claims.readmePrompt.control.layers[index];
        return [
          layerName(index),
          ...[layer.klFtBase, layer.js, other?.js, layer.routing?.js, other?.routing?.js].map((value) => point(value)),
        ];
      }),
    ),
    table(
      `By layer, clean held-out prompts: entropy as a share of ln V = ${LARGEST_ENTROPY.toFixed(2)} nats, and Euclidean norm of the residual stream; means`,
      ['layer', 'base', 'ft', 'control', 'base, no norm', 'ft, no norm', 'residual, base', 'residual, ft'],
      first.base.entropyByLayer.map((entropy, index) => [
        layerName(index),
        ...[
          entropy,
          first.fineTune.entropyByLayer[index],
          control.clean.fineTune.entropyByLayer[index],
          claims.withoutNorm.base.entropyByLayer[index],
          claims.withoutNorm.fineTune.entropyByLayer[index],
        ].map(share),
        ...[first.base, first.fineTune].map(
          ({ residualNormByLayer }) => residualNormByLayer[index]?.mean.toFixed(1) ?? '–',
        ),
      ]),
    ),
    table(
      `Forward time of ${claims.speed.tokens} tokens, ${claims.speed.repeats} repeats in both orders, one thread: mean (95 % interval)`,
      ['base, ms', 'ft, ms', 'ft / base'],
      [[number(claims.speed.baseMs, 1), number(claims.speed.ftMs, 1), number(claims.speed.ratio, 3)]],
    ),
  ].join('\n\n');
}

const layerName = (layer: number): string => (layer === 0 ? 'Embed' : `L-${layer}`);

/** A mean with its interval, or a dash where there is none. */
function number(value: Estimate | undefined, digits: number, scale = 1, unit = ''): string {
  if (value === undefined) return '–';
  const [mean, low, high] = [value.mean, value.low, value.high].map((part) => (part * scale).toFixed(digits));
  return `${mean}${unit} (${low} to ${high})`;
}

const nats = (value: Estimate | undefined): string => number(value, 3);
const percent = (value: Estimate | undefined, digits = 1): string => number(value, digits, 100, ' %');
const point = (value: Estimate | undefined): string => value?.mean.toFixed(4) ?? '–';
const share = (value: Estimate | undefined): string =>
  value === undefined ? '–' : `${((100 * value.mean) / LARGEST_ENTROPY).toFixed(1)} %`;

function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `**${title}**\n\n${lines.join('\n')}`;
}
