import { layerWords } from '../numbers.ts';
import type { Comparison, KnownParts, PartKind, PartReport, PositionComparison } from '../schema.ts';
import { type Cause, causesOf } from './causes.ts';
import { loraSentences } from './lora.ts';
import { layerRanges, listed, PART_NAMES, sentence, type Wording } from './words.ts';

const PLURALS: ReadonlySet<PartKind> = new Set(['experts', 'norm']);

/**
 * What the tensors of the two exports say about the difference: which parts differ, which of them can have caused its
 * beginning, and what became of the LoRA. A cause is named only where equal tensors rule all others out.
 */
export function partSentences(
  comparison: Comparison | undefined,
  change: PositionComparison,
  wording: Wording,
): string[] {
  const parts = comparison?.parts;
  if (parts === undefined || comparison === undefined) return [];
  if (!parts.known && parts.sameWeights === true) return [];
  if (!parts.known) return [`Which tensors differ is not known: ${wording.plain(parts.reason)}.`];
  const differing = parts.kinds.filter((part) => part.differing > 0);
  return [
    ...(differing.length === 0
      ? [nothingDiffers(parts, comparison, wording)]
      : [whatDiffers(parts, differing), ...causeSentences(parts, comparison, change, differing.length)]),
    ...loraSentences(parts, wording),
  ];
}

function nothingDiffers(parts: KnownParts, { identical }: Comparison, wording: Wording): string {
  const equal = "Every tensor of the fine-tune equals the base's";
  if (!identical && parts.sameGraph)
    return `${equal} by the manifests, yet the states differ: a data file is not what its manifest says (ft-lens inspect --verify).`;
  if (!identical) return `${equal}; only the graphs differ.`;
  if (parts.ftLora === null) return `${equal}: the export holds no fine-tuning at all.`;
  return `${equal}: merging ${wording.plain(parts.ftLora)} did nothing.`;
}

function whatDiffers({ kinds, sameGraph }: KnownParts, differing: readonly PartReport[]): string {
  const others = differing.length === kinds.length ? '' : '; all other tensors are equal';
  const graphs = sameGraph ? '' : '; the graphs differ too';
  const [only] = differing;
  const verb = differing.length === 1 && only !== undefined && !PLURALS.has(only.kind) ? 'differs' : 'differ';
  return sentence(`${differing.length === 1 ? 'only ' : ''}${places(differing, 'and')} ${verb}${others}${graphs}`);
}

function causeSentences(
  parts: KnownParts,
  { identical }: Comparison,
  change: PositionComparison,
  differing: number,
): string[] {
  if (identical) return ['No state of this prompt shows it.'];
  const first = change.firstDivergentLayer;
  const shows = first !== null || change.layers.some(({ jsNats }) => jsNats > 0);
  if (!parts.sameGraph || !shows) return [];
  const causes = causesOf(parts, change);
  if (causes.length === 0)
    return [
      'This does not explain where the difference begins: a data file is not what its manifest says (ft-lens inspect --verify), or the device does not compute the same twice.',
    ];
  // Where only one part differs, everything has been said.
  if (differing === 1) return [];
  const what = first === null ? 'The states are equal: the predictions' : `What differs first, ${stateWords(first)},`;
  return [`${what} can have been changed by ${places(causes, 'or')} alone.`];
}

function stateWords(layer: number): string {
  return layer === 0 ? 'the embedding' : `the state after ${layerWords(layer)}`;
}

/** `attention and the experts of L-1 to L-8, and the head`: parts with the same layers are named together. */
function places(parts: readonly Cause[], last: 'and' | 'or'): string {
  const groups = new Map<string, string[]>();
  for (const { kind, layers } of parts) {
    const where = kind === 'embedding' ? '' : layerRanges(layers);
    groups.set(where, [...(groups.get(where) ?? []), PART_NAMES[kind]]);
  }
  const texts = Array.from(groups, ([where, names]) => listed(names, last) + (where === '' ? '' : ` of ${where}`));
  return texts.length === 1 ? texts.join() : `${texts.slice(0, -1).join(', ')}, ${last} ${texts.at(-1)}`;
}
