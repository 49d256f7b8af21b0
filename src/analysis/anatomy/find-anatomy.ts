import { inputError } from '../../errors.ts';
import { indexGraph, type GraphIndex } from '../../onnx/graph-index.ts';
import type { OnnxModel } from '../../onnx/model.ts';
import { constantTensors } from '../../onnx/prune.ts';
import { decoderInputs } from './decoder-inputs.ts';
import { findEmbedding } from './find-embedding.ts';
import { findLayers } from './find-layers.ts';
import { findResidualStream } from './residual-stream.ts';
import type { AnatomyHints, DecoderAnatomy } from './types.ts';
import { traceValueFlow, type ValueFlow } from './value-flow.ts';
import { weightProduct, type WeightProduct } from './weight-product.ts';

/**
 * Finds the parts of a decoder by the structure of its graph, not by names: exporters agree on the mathematics only.
 * The model has passed `validateModel`.
 * @throws FtLensError saying what could not be understood
 */
export function findAnatomy(model: OnnxModel, hints: AnatomyHints): DecoderAnatomy {
  const { where } = hints;
  const index = indexGraph(model.graph);
  const constants = constantTensors(index);
  const logits = findLogits(index, where);
  const embedding = findEmbedding(index, constants, where);
  const flow = traceValueFlow(index, embedding.node, logits);
  if (flow === undefined)
    throw inputError('The logits do not depend on the token embedding.', { where: `${where}, output ${logits}` });

  const inputs = decoderInputs(index, embedding.tokenIds, hints);
  const stream = findResidualStream(index, flow, where);
  const pastNames = new Set(inputs.past.map(({ name }) => name));
  const layers = findLayers(index, constants, flow, stream, pastNames, hints);
  const projection = findProjection(index, constants, flow, where);
  return {
    inputs,
    embedding: { node: embedding.node.output[0] as string, weight: embedding.weight },
    residuals: [0, ...layers.map(({ lastState }) => lastState)].map((state) => stream.states[state]!),
    layers: layers.map(({ attention, router }) => ({ attention, router })),
    head: { logits, projection: projection.node.output[0] as string, weight: projection.weight },
    hiddenSize: projection.inputSize,
    vocabularySize: projection.outputSize,
  };
}

/** The output called `logits`, or the only one that is no cache. */
function findLogits(index: GraphIndex, where: string): string {
  const names = index.graph.output.map(({ name }) => name);
  const candidates = names.includes('logits') ? ['logits'] : names.filter((name) => !name.startsWith('present'));
  const [logits] = candidates;
  if (logits === undefined || candidates.length > 1)
    throw inputError('The model has no logits among its outputs.', {
      where,
      expected: 'an output called logits',
      got: names.slice(0, 6).join(', '),
    });
  return logits;
}

/** The last product with weights on the way to the logits. */
function findProjection(
  index: GraphIndex,
  constants: ReadonlySet<string>,
  flow: ValueFlow,
  where: string,
): WeightProduct {
  for (const node of flow.chain.toReversed()) {
    const product = weightProduct(index, constants, node);
    if (product) return product;
  }
  throw inputError('The head of the model was not found.', {
    where,
    expected: 'a product of the final hidden state with the weights of the head',
    got: 'none between the last layer and the logits',
  });
}
