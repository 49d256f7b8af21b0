import { inputError } from '../../errors.ts';
import { sourceInitializer } from '../../onnx/constant-shape.ts';
import type { GraphIndex } from '../../onnx/graph-index.ts';
import type { NodeProto } from '../../onnx/model.ts';

export interface EmbeddingLookup {
  readonly node: NodeProto;
  readonly weight: string;
  /** The graph input that the token ids come in by. */
  readonly tokenIds: string;
}

const LOOKUPS = new Set(['Gather', 'GatherBlockQuantized']);

/** What may stand between the token ids and the lookup without changing which ids they are. */
const KEEPS_IDS = new Set(['Cast', 'Identity', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze']);

/** The lookup of the token embedding: rows of a constant table, chosen by a graph input. */
export function findEmbedding(index: GraphIndex, constants: ReadonlySet<string>, where: string): EmbeddingLookup {
  const lookups = index.graph.node.flatMap((node): EmbeddingLookup[] => {
    const [table, indices] = node.input;
    if (!LOOKUPS.has(node.opType) || table === undefined || indices === undefined || !constants.has(table)) return [];
    const tokenIds = inputBehind(index, indices);
    const weight = sourceInitializer(index, table);
    return tokenIds === undefined || weight === undefined ? [] : [{ node, weight, tokenIds }];
  });
  // Position tables are looked up too; the usual name of the token ids tells them apart.
  const named = lookups.filter(({ tokenIds }) => tokenIds === 'input_ids');
  const candidates = named.length > 0 ? named : lookups;
  const [embedding] = candidates;
  if (embedding === undefined || candidates.length > 1)
    throw inputError('The token embedding cannot be told apart in this graph.', {
      where,
      expected: 'one lookup of token ids in a table of weights',
      got:
        embedding === undefined
          ? `none; the inputs are ${[...index.inputs].slice(0, 4).join(', ')}`
          : `${candidates.length}: ${candidates
              .map(({ weight }) => weight)
              .slice(0, 4)
              .join(', ')}`,
      remedy: 'export a plain decoder: token ids in, logits out, one branch for prompt and cache',
    });
  return embedding;
}

function inputBehind(index: GraphIndex, tensor: string): string | undefined {
  for (let name: string | undefined = tensor; name;) {
    if (index.inputs.has(name)) return name;
    const node = index.producers.get(name);
    if (node === undefined || !KEEPS_IDS.has(node.opType)) return undefined;
    [name] = node.input;
  }
  return undefined;
}
