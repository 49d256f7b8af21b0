import { inputError } from '../../errors.ts';
import type { GraphIndex } from '../../onnx/graph-index.ts';
import type { NodeProto } from '../../onnx/model.ts';
import { tensorsRead } from '../../onnx/sub-graphs.ts';
import { findAttention } from './find-attention.ts';
import { findRouter } from './find-router.ts';
import type { ResidualStream } from './residual-stream.ts';
import type { AnatomyHints, DecoderLayer } from './types.ts';
import type { ValueFlow } from './value-flow.ts';

export interface LayerSpan extends DecoderLayer {
  /** Which state of the residual stream the layer leaves behind. */
  readonly lastState: number;
  readonly nodes: readonly NodeProto[];
}

/**
 * Groups blocks into layers. A layer starts with a block that mixes positions (attention, or one that keeps a state
 * between calls) and lasts until the next such block.
 */
export function findLayers(
  index: GraphIndex,
  constants: ReadonlySet<string>,
  flow: ValueFlow,
  stream: ResidualStream,
  states: ReadonlySet<string>,
  hints: AnatomyHints,
): LayerSpan[] {
  const blocks = stream.blocks.slice(0, -1);
  const attentions = blocks.map((block) => findAttention(index, flow, block));
  const starts = blocks.flatMap((block, i) => (attentions[i] || keepsState(block, states) ? [i] : []));
  const layers = starts.map((start, i): LayerSpan => {
    const lastState = starts[i + 1] ?? blocks.length;
    const nodes = blocks.slice(start, lastState).flat();
    return { attention: attentions[start], router: findRouter(index, constants, nodes), lastState, nodes };
  });
  checkLayers(layers, starts, hints);
  return layers;
}

function keepsState(block: readonly NodeProto[], states: ReadonlySet<string>): boolean {
  return block.some((node) => tensorsRead(node).some((name) => states.has(name)));
}

function checkLayers(layers: readonly LayerSpan[], starts: readonly number[], hints: AnatomyHints): void {
  const { where } = hints;
  const remedy = 'ft-lens reads plain decoders; tell its authors which tool wrote this one';
  const [first] = starts;
  if (first === undefined)
    throw inputError('No attention was found in this graph.', {
      where,
      expected: 'an attention operator, or a Softmax over queries times keys, in each layer',
      got: 'none',
      remedy,
    });
  if (first > 0)
    throw inputError('The graph adds to the residual stream before its first attention.', {
      where,
      expected: 'attention in the first block after the embedding',
      got: `${first} ${first === 1 ? 'block' : 'blocks'} without attention before it`,
      remedy,
    });
  const counts = layers.map(({ lastState }, i) => lastState - (starts[i] as number));
  const odd = counts.findIndex((count) => count !== counts[0]);
  if (odd !== -1)
    throw inputError('The layers of this graph are not alike.', {
      where: `${where}, layer ${odd + 1}`,
      expected: `${counts[0]} sums into the residual stream, as in layer 1`,
      got: `${counts[odd]}`,
      remedy,
    });
  if (hints.layers !== undefined && hints.layers !== layers.length)
    throw inputError('The graph and its config.json disagree on the number of layers.', {
      where,
      expected: `${hints.layers} layers, as config.json says`,
      got: `${layers.length} found in the graph`,
      remedy: 'use the config.json of this very export',
    });
}
