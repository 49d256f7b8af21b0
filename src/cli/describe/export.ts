import type { ExportDescription } from '../../export/inspect/describe-export.ts';
import { visibleText } from '../../render/token-text.ts';
import { columns } from '../columns.ts';
import { shellWord } from '../../shell-word.ts';
import { formatBytes, formatCount } from '../units.ts';
import { textOf } from './checkpoint.ts';
import { exportSummary } from './export-summary.ts';

/** An export as text for people: aligned lines that end in a newline. */
export function exportText(exported: ExportDescription): string {
  const { manifest, graph } = exported;
  const shared =
    exported.sharedBytes > 0 ? `, of these ${formatBytes(exported.sharedBytes)} linked with other exports` : '';
  const facts = [
    ['export', visibleText(exported.path)],
    ...(manifest === undefined ? [['manifest', 'none: made by another program']] : manifestFacts(manifest)),
    [
      'graph',
      `${formatCount(graph.nodes)} nodes, opset ${graph.opset ?? 'unknown'}, by ${visibleText(graph.producer || 'an unnamed program')}`,
    ],
    ['quantised', quantizedText(exported)],
    ['files', `${exported.files.length}, ${formatBytes(exported.bytes)}${shared}`],
  ];
  const summary = manifest === undefined ? [] : ['', exportSummary(manifest).trimEnd()];
  const next = `next  ft-lens analyze "…" --base ${visibleText(shellWord(exported.path))}`;
  return textOf([...columns(facts, ['left', 'left']), ...summary, '', next]);
}

function manifestFacts({ dimensions, source, tool }: NonNullable<ExportDescription['manifest']>): string[][] {
  const { adapter, checkpoint } = source;
  return [
    ['made by', `${tool.name} ${visibleText(tool.version)}`],
    [
      'model',
      `qwen3_moe, ${dimensions.layers} layers, hidden size ${dimensions.hiddenSize}, vocabulary ${formatCount(dimensions.vocabSize)}${dimensions.tiedHead ? ', head tied to the embedding' : ''}`,
    ],
    ['experts', `${dimensions.expertsPerToken} of ${dimensions.experts} a token`],
    ['from', visibleText(checkpoint.name)],
    ...(adapter === undefined
      ? []
      : [['with LoRA', `${visibleText(adapter.name)}  r ${adapter.settings.rank}, alpha ${adapter.settings.alpha}`]]),
  ];
}

function quantizedText({ graph }: ExportDescription): string {
  if (graph.quantized.length === 0) return 'nothing';
  return graph.quantized
    .map(({ operator, bits, blockSize, nodes }) => {
      const block = blockSize === undefined ? 'a scale a row' : `block ${blockSize}`;
      return `${formatCount(nodes)} ${operator} of ${bits} bits, ${block}`;
    })
    .join('; ');
}
