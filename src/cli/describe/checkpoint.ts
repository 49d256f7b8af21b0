import type { CheckpointDescription } from '../../export/inspect/describe-checkpoint.ts';
import { visibleText } from '../../render/token-text.ts';
import { columns } from '../columns.ts';
import { shellWord } from '../../shell-word.ts';
import { formatBytes, formatCount } from '../units.ts';

/** A checkpoint as text for people: aligned lines that end in a newline. */
export function checkpointText(checkpoint: CheckpointDescription): string {
  const { config } = checkpoint;
  const facts = [
    ['checkpoint', visibleText(checkpoint.path)],
    [
      'model',
      `${checkpoint.architecture}, ${config.layers} layers, hidden size ${config.hiddenSize}, vocabulary ${formatCount(config.vocabSize)}${config.tiedEmbeddings ? ', head tied to the embedding' : ''}`,
    ],
    ['attention', `${config.attentionHeads} heads of ${config.headDim}, ${config.keyValueHeads} key-value heads`],
    ['experts', `${config.expertsPerToken} of ${config.experts} a token, inner width ${config.expertIntermediateSize}`],
    ['reads', `up to ${formatCount(config.maxPositions)} tokens`],
    [
      'weights',
      `${formatCount(checkpoint.parameters)} parameters, ${formatCount(checkpoint.activeParameters)} for one token, mostly ${checkpoint.dtype}`,
    ],
    ['files', `${checkpoint.files.length}, ${formatBytes(checkpoint.bytes)}`],
  ];
  const kinds = checkpoint.kinds.map(({ kind, weights, parameters }) => [
    kind,
    formatCount(weights),
    formatCount(parameters),
  ]);
  return textOf([
    ...columns(facts, ['left', 'left']),
    '',
    ...columns([['kind', 'weights', 'parameters'], ...kinds], ['left', 'right', 'right']),
    '',
    `next  ft-lens export --checkpoint ${visibleText(shellWord(checkpoint.path))} --out DIR`,
  ]);
}

export function textOf(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
