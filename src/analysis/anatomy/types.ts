import type { DataType } from '../../onnx/graph-builder.ts';

/** What is known of a model besides its graph. Structure comes from the graph; this only confirms or completes it. */
export interface AnatomyHints {
  /** The file, for error messages. */
  readonly where: string;
  /** `num_hidden_layers` of config.json: another count found in the graph is an error. */
  readonly layers?: number | undefined;
  /** Key/value heads and head size, for exports that leave these dimensions of the KV inputs symbolic. */
  readonly keyValueHeads?: number | undefined;
  readonly headSize?: number | undefined;
}

/**
 * Where the parts of a decoder stand in its graph. Everything is named by tensors, so that the description also holds
 * for a copy of the model; a node is named by its first output.
 */
export interface DecoderAnatomy {
  readonly inputs: DecoderInputs;
  readonly embedding: Embedding;
  /** States of the residual stream: 0 is the embedding, `n` the state after layer `n`. One more than there are layers. */
  readonly residuals: readonly ResidualState[];
  /** In order; layer `n` of the report is `layers[n - 1]`. */
  readonly layers: readonly DecoderLayer[];
  readonly head: DecoderHead;
  readonly hiddenSize: number;
  /** Rows of the head: the length of a row of logits. */
  readonly vocabularySize: number;
}

export interface DecoderInputs {
  /** int64 [batch, sequence] */
  readonly tokenIds: string;
  /** int64 [batch, total sequence] */
  readonly attentionMask: string | undefined;
  /** int64 [batch, sequence] */
  readonly positionIds: string | undefined;
  /** The element type of the three above. */
  readonly integerType: DataType.INT64 | DataType.INT32;
  /** KV caches and other states, in graph order. */
  readonly past: readonly PastInput[];
}

/** A state that a fresh prompt has none of: to be fed with zeros of `dims` (no element at all for a KV cache). */
export interface PastInput {
  readonly name: string;
  readonly elementType: DataType;
  /** Literal for a batch of one and no past: [1, KV heads, 0, head size]. */
  readonly dims: readonly number[];
}

interface Embedding {
  /** The node that looks up the rows of the token ids. */
  readonly node: string;
  /** The initialiser that holds the table. */
  readonly weight: string;
}

/** One state of the residual stream, [batch, sequence, hidden]. */
export interface ResidualState {
  /** Its tensor; undefined when a fused Skip*LayerNormalization keeps it to itself. */
  readonly tensor: string | undefined;
  /** The node that makes it. */
  readonly node: string;
  readonly elementType: DataType;
}

export interface DecoderLayer {
  /** Undefined for a mixer without attention probabilities (convolution, linear attention). */
  readonly attention: AttentionBlock | undefined;
  /** Undefined for a layer without experts. */
  readonly router: Router | undefined;
}

export type AttentionBlock =
  /** com.microsoft GroupQueryAttention: probabilities through `qk_output` = 2 and output 3 */
  | { readonly kind: 'group-query'; readonly node: string }
  /** ONNX Attention: probabilities through `qk_matmul_output_mode` = 3 and output 3 */
  | { readonly kind: 'attention'; readonly node: string }
  /** com.microsoft MultiHeadAttention: keeps its probabilities to itself */
  | { readonly kind: 'multi-head'; readonly node: string }
  /** Primitives: `node` is the Softmax, its output [batch, heads, sequence, total sequence] */
  | { readonly kind: 'softmax'; readonly node: string };

export interface Router {
  /** Router logits before any softmax, [..., experts]. */
  readonly logits: string;
  readonly experts: number;
  /** Experts used per token. */
  readonly topK: number;
}

/** From the last residual state to the logits. */
interface DecoderHead {
  /** The graph's output, [batch, sequence, vocabulary]. */
  readonly logits: string;
  /** The matrix product that makes the logits. */
  readonly projection: string;
  /** Its weights: an initialiser, perhaps behind a Cast or a Transpose. */
  readonly weight: string;
}
