import type { AdapterDescription, AdapterKind } from '../../export/inspect/describe-adapter.ts';
import { visibleText } from '../../render/token-text.ts';
import { columns } from '../columns.ts';
import { shellWord } from '../../shell-word.ts';
import { formatBytes, formatCount } from '../units.ts';
import { textOf } from './checkpoint.ts';

/** A LoRA adapter as text for people: aligned lines that end in a newline. */
export function adapterText(adapter: AdapterDescription): string {
  const { settings } = adapter;
  const yesNo = (value: boolean): string => (value ? 'yes' : 'no');
  const facts = [
    ['LoRA adapter', visibleText(adapter.path)],
    [
      'settings',
      `r ${settings.rank}, alpha ${settings.alpha}, rslora ${yesNo(settings.rankStabilised)}, DoRA ${yesNo(settings.dora)}`,
    ],
    ['for', visibleText(settings.baseModel ?? 'not named')],
    [
      'weights',
      `${formatCount(adapter.parameters)} parameters, ${adapter.dtypes.join(', ')}, ${formatBytes(adapter.bytes)}`,
    ],
  ];
  const zero = adapter.kinds.reduce((sum, { zeroModules }) => sum + zeroModules, 0);
  return textOf([
    ...columns(facts, ['left', 'left']),
    '',
    ...columns(
      [['changes', 'modules', '', 'layers, from 0', 'rank', 'scale'], ...adapter.kinds.map(kindRow)],
      KIND_COLUMNS,
    ),
    ...adapter.replacements.map((path) => `replaces ${visibleText(path)} wholly`),
    ...(zero === 0 ? [] : ['', `zero      ${formatCount(zero)} modules have never been trained: they change nothing`]),
    ...adapter.unknownTensors.map((name) => `unknown   ${visibleText(name)}: export will refuse it`),
    '',
    `next  ft-lens export --checkpoint DIR --adapter ${visibleText(shellWord(adapter.path))} --out DIR`,
  ]);
}

/** As a block applies them. */
const PROJECTION_ORDER = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'];
const KIND_COLUMNS = ['left', 'right', 'left', 'left', 'right', 'right'] as const;

function kindRow({ kind, fused, modules, projections, layers, ranks, scales }: AdapterKind): string[] {
  return [
    fused ? `${kind} (fused)` : kind,
    formatCount(modules),
    projections
      .toSorted((a, b) => PROJECTION_ORDER.indexOf(a) - PROJECTION_ORDER.indexOf(b))
      .map(visibleText)
      .join(' '),
    layers.length === 0 ? '' : numberRange(layers),
    numberRange(ranks),
    scales.length === 1
      ? formatScale(scales[0] ?? 0)
      : `${formatScale(Math.min(...scales))}–${formatScale(Math.max(...scales))}`,
  ];
}

/** `0–47`, or `0–47 (24 of them)` when some between are missing. */
function numberRange(numbers: readonly number[]): string {
  const first = numbers[0] ?? 0;
  const last = numbers.at(-1) ?? 0;
  if (first === last) return String(first);
  const gaps = numbers.length < last - first + 1;
  return `${first}–${last}${gaps ? ` (${numbers.length} of them)` : ''}`;
}

function formatScale(scale: number): string {
  return String(Number(scale.toPrecision(4)));
}
