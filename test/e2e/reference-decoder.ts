import type { Qwen3MoeConfig } from '../../src/export/checkpoint/model-config.ts';
import type { WeightSource } from '../../src/export/checkpoint/weight-source.ts';

type Vector = readonly number[];

/**
 * Qwen3-MoE in plain f64 loops, from the description of the architecture (arXiv:2505.09388 and Qwen3MoeConfig of
 * transformers), for comparison with the exported graph.
 * @returns logits of every position, (position, vocabulary)
 */
export async function referenceLogits(
  config: Qwen3MoeConfig,
  weights: WeightSource,
  tokenIds: readonly number[],
): Promise<Vector[]> {
  const matrices = new Map<string, Vector[]>();
  for (const name of weights.names) matrices.set(name, await readMatrix(weights, name));
  const matrix = (name: string): Vector[] => matrices.get(`${name}.weight`)!;
  const norm = (name: string, x: Vector): Vector => rmsNorm(x, matrix(name).flat(), config.rmsNormEps);
  const embedding = matrix('model.embed_tokens');

  let states: Vector[] = tokenIds.map((id) => embedding[id]!);
  for (let layer = 0; layer < config.layers; layer++) {
    const prefix = `model.layers.${layer}`;
    const inputs = states.map((state) => norm(`${prefix}.input_layernorm`, state));
    const mixed = attention(config, inputs, `${prefix}.self_attn`, matrix, norm);
    states = states.map((state, position) => add(state, mixed[position]!));
    states = states.map((state) =>
      add(state, experts(config, norm(`${prefix}.post_attention_layernorm`, state), `${prefix}.mlp`, matrix)),
    );
  }
  const head = weights.names.has('lm_head.weight') ? matrix('lm_head') : embedding;
  return states.map((state) => apply(head, norm('model.norm', state)));
}

type MatrixOf = (name: string) => Vector[];
type NormOf = (name: string, x: Vector) => Vector;

/** Causal grouped-query attention with normed, rotated queries and keys; (position, hidden). */
function attention(
  config: Qwen3MoeConfig,
  inputs: readonly Vector[],
  prefix: string,
  matrix: MatrixOf,
  norm: NormOf,
): Vector[] {
  const { headDim, attentionHeads, keyValueHeads } = config;
  const heads = (projection: string): Vector[][] =>
    inputs.map((input) => split(apply(matrix(`${prefix}.${projection}`), input), headDim));
  const rotated = (projection: string, headNorm: string): Vector[][] =>
    heads(projection).map((vectors, position) =>
      vectors.map((vector) => rotate(norm(`${prefix}.${headNorm}`, vector), position, config.ropeTheta)),
    );
  const queries = rotated('q_proj', 'q_norm');
  const keys = rotated('k_proj', 'k_norm');
  const values = heads('v_proj');
  return inputs.map((_, position) => {
    const attended = Array.from({ length: attentionHeads }, (__, head) => {
      const group = Math.floor(head / (attentionHeads / keyValueHeads));
      const scores = keys
        .slice(0, position + 1)
        .map((key) => dot(queries[position]![head]!, key[group]!) / Math.sqrt(headDim));
      return weightedSum(
        softmax(scores),
        values.slice(0, position + 1).map((value) => value[group]!),
      );
    });
    return apply(matrix(`${prefix}.o_proj`), attended.flat());
  });
}

/** The top experts of one position, weighted by the softmax over them. */
function experts(config: Qwen3MoeConfig, x: Vector, prefix: string, matrix: MatrixOf): Vector {
  const logits = apply(matrix(`${prefix}.gate`), x);
  const chosen = logits
    .map((_, expert) => expert)
    .sort((a, b) => logits[b]! - logits[a]!)
    .slice(0, config.expertsPerToken);
  const outputs = chosen.map((expert) => {
    const gate = apply(matrix(`${prefix}.experts.${expert}.gate_proj`), x);
    const up = apply(matrix(`${prefix}.experts.${expert}.up_proj`), x);
    const inner = gate.map((value, i) => (value / (1 + Math.exp(-value))) * up[i]!);
    return apply(matrix(`${prefix}.experts.${expert}.down_proj`), inner);
  });
  return weightedSum(softmax(chosen.map((expert) => logits[expert]!)), outputs);
}

async function readMatrix(weights: WeightSource, name: string): Promise<Vector[]> {
  const [rows, columns = 1] = weights.shape(name) as [number, number?];
  return split([...(await weights.rows(name, 0, rows))], columns);
}

function split(values: Vector, width: number): Vector[] {
  return Array.from({ length: values.length / width }, (_, i) => values.slice(i * width, (i + 1) * width));
}

const dot = (a: Vector, b: Vector): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const apply = (matrix: readonly Vector[], x: Vector): Vector => matrix.map((row) => dot(row, x));
const add = (a: Vector, b: Vector): Vector => a.map((value, i) => value + b[i]!);

function weightedSum(weights: Vector, vectors: readonly Vector[]): Vector {
  return vectors[0]!.map((_, i) =>
    dot(
      weights,
      vectors.map((vector) => vector[i]!),
    ),
  );
}

function rmsNorm(x: Vector, weight: Vector, epsilon: number): Vector {
  const scale = 1 / Math.sqrt(dot(x, x) / x.length + epsilon);
  return x.map((value, i) => value * scale * weight[i]!);
}

function softmax(scores: Vector): Vector {
  const largest = Math.max(...scores);
  const exponentials = scores.map((score) => Math.exp(score - largest));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}

function rotate(x: Vector, position: number, theta: number): Vector {
  const half = x.length / 2;
  return x.map((value, i) => {
    const angle = position / theta ** ((2 * (i % half)) / x.length);
    const partner = i < half ? -x[i + half]! : x[i - half]!;
    return value * Math.cos(angle) + partner * Math.sin(angle);
  });
}
