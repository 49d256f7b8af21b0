import * as z from 'zod';
import { attentionLayerComparisonSchema, attentionLayerSchema, attentionSchema } from './schema/attention.ts';
import { floorSchema } from './schema/floor.ts';
import { generationSchemaOf } from './schema/generation.ts';
import { expertLoadSchema, routingSummarySchema } from './schema/routing.ts';
import { crossHeadSchema } from './schema/cross-head.ts';
import { count, finite, nats, probability } from './schema/scalars.ts';
import { trackedSetRowSchema, trackedSetSchema } from './schema/tracked-sets.ts';

const tokenSchema = z.strictObject({ position: count, id: count, text: z.string() });

const scoredTokenSchema = z.strictObject({ id: count, text: z.string(), prob: probability });

const rankedTokenSchema = z.strictObject({
  id: count,
  text: z.string(),
  prob: probability,
  rank: z.int().positive().describe('1 is the most probable token'),
});

const layerSchema = z.strictObject({
  layer: count.describe('0 is the embedding, i the residual stream after block i'),
  top: z.array(scoredTokenSchema),
  entropyNats: nats,
  activeTokens: count.describe('tokens whose probability is above settings.activeThreshold'),
  klToFinalNats: nats.describe('KL(last row ‖ this row)'),
  finalToken: z
    .strictObject({ prob: probability, rank: z.int().positive() })
    .describe("the model's own final top-1, read at this layer"),
  tracked: z.array(rankedTokenSchema),
  trackedSets: z.array(trackedSetRowSchema).optional().describe('in the order of settings.trackedSets'),
  residualNorm: z.number().nonnegative().describe('Euclidean norm of the residual stream'),
});

const expertWeightSchema = z.strictObject({
  expert: count,
  weight: finite.describe('the weight that the block applies'),
});

const routingSchema = z.strictObject({
  layer: z.int().positive(),
  experts: z.array(expertWeightSchema),
  entropyNats: nats.describe('entropy of the softmax over all experts'),
});

const positionSchema = z.strictObject({
  position: count,
  layers: z.array(layerSchema),
  final: z.strictObject({ top: z.array(scoredTokenSchema) }).describe("from the model's own logits"),
  commitLayer: count.describe(
    'first layer from which top-1 stays the final top-1; the last layer when not even its own top-1 is that one',
  ),
  routing: z.array(routingSchema),
});

const timingSchema = z.strictObject({
  loadMs: z.number().nonnegative(),
  forwardMs: z.number().nonnegative(),
  lensMs: z.number().nonnegative(),
});

const modelSchema = z.strictObject({
  path: z.string(),
  name: z.string(),
  architecture: z.string(),
  layers: z.int().positive(),
  hiddenSize: z.int().positive(),
  vocabSize: z.int().positive().describe('rows of the LM head; every softmax runs over all of them'),
  experts: count.describe('0 for a dense model'),
  expertsPerToken: count,
  recipe: z.string().describe('quantisation recipe, equal for models that can be compared'),
  positions: z.array(positionSchema),
  expertLoad: z
    .array(expertLoadSchema)
    .optional()
    .describe('over the positions read, 0 left out unless it is the only one; not of one position alone'),
  attention: attentionSchema.nullable().describe('of the last layer; null when the model gives no attention weights'),
  attentionLayers: z
    .array(attentionLayerSchema)
    .optional()
    .describe('of the layers asked for by --attention-layers, ascending; with --heads alone of the last'),
  timing: timingSchema,
});

const layerComparisonSchema = z.strictObject({
  layer: count,
  klFtBaseNats: nats.describe('KL(ft ‖ base)'),
  klBaseFtNats: nats.describe('KL(base ‖ ft)'),
  jsNats: z.number().min(0).max(0.693_148).describe('Jensen-Shannon divergence, at most ln 2'),
  topKJaccard: probability.describe('shared share of the two top-k sets of token ids'),
  sameTop1: z.boolean(),
  baseTop1RankInFt: z.int().positive(),
  ftTop1RankInBase: z.int().positive(),
  residualCosine: z.number().min(-1.000_001).max(1.000_001),
  residualRelativeL2: z.number().nonnegative().describe('‖ft − base‖ / ‖base‖'),
  withinFloor: z
    .boolean()
    .optional()
    .describe('jsNats is at most that of the noise floor at this layer and position; only with --floor'),
  routing: z
    .strictObject({
      jaccard: probability,
      jsNats: z.number().min(0).max(0.693_148).describe("over all experts' softmax"),
      gained: z.array(count),
      lost: z.array(count),
    })
    .nullable()
    .describe('null at layer 0 and in dense layers'),
});

const positionComparisonSchema = z.strictObject({
  position: count,
  layers: z.array(layerComparisonSchema),
  firstDivergentLayer: count.nullable().describe('first layer whose residual stream is not bit-identical'),
  firstTop1ChangeLayer: count.nullable(),
});

const partKind = z.enum(['embedding', 'attention', 'router', 'experts', 'norm', 'final-norm', 'head']);

const partSchema = z.strictObject({
  kind: partKind.describe('a tied head is the embedding, and is listed as both'),
  tensors: z.int().positive().describe('packed weights and their scales are two'),
  differing: count.describe('tensors whose bytes differ, or that only one model has'),
  layers: z.array(count).describe('layers with a differing tensor; 0 is the embedding; none for final norm and head'),
  rounding: z
    .strictObject({ base: z.number().nonnegative(), ft: z.number().nonnegative() })
    .optional()
    .describe('mean over weights of |stored − original| / |original|, as the manifests say'),
  lora: z
    .strictObject({
      weights: z.int().positive().describe('weights that the adapter names'),
      cosine: finite.nullable().describe('between the stored change and the intended one; null without a change'),
      normRatio: z.number().nonnegative().nullable().describe('norm of the stored change / norm of the intended one'),
      kept: finite.nullable().describe('⟨stored, intended⟩ / ⟨intended, intended⟩: 1 when the change is stored whole'),
      noise: z
        .number()
        .nonnegative()
        .nullable()
        .describe('norm of the rest of the stored change / norm of the intended'),
    })
    .nullable()
    .describe("what storing left of the fine-tune's LoRA; null when it does not change this part"),
});

const partsSchema = z.discriminatedUnion('known', [
  z.strictObject({
    known: z.literal(true),
    sameGraph: z.boolean().describe('both models compute the same with their tensors'),
    sameCheckpoint: z.boolean().describe('both exports were made from the same checkpoint files, before any LoRA'),
    baseLora: z.string().nullable().describe('name of the LoRA that was merged into the base'),
    ftLora: z.string().nullable().describe('name of the LoRA that was merged into the fine-tune'),
    kinds: z.array(partSchema),
  }),
  z.strictObject({
    known: z.literal(false),
    reason: z.string(),
    sameWeights: z
      .boolean()
      .optional()
      .describe('both exports hold the same weights but for rounding; absent when a manifest is missing'),
  }),
]);

const verdictSchema = z.strictObject({
  kind: z
    .enum([
      'failed-check',
      'identical',
      'within-noise',
      'same-distributions',
      'same-top1',
      'same-answer',
      'answer-changes',
    ])
    .describe('the first that holds, for the last position read'),
  headline: z.string(),
  sentences: z.array(z.string()),
  firstDivergentLayer: count.nullable(),
  firstTop1ChangeLayer: count.nullable(),
  causes: z
    .array(z.strictObject({ kind: partKind, layers: z.array(count) }))
    .nullable()
    .describe('parts with differing tensors that can have caused the first difference; null when that is not known'),
});

const comparisonSchema = z.strictObject({
  identical: z.boolean().describe('every state bit-identical'),
  positions: z.array(positionComparisonSchema),
  attention: z.strictObject({ jsNats: nats, sameTop1: z.boolean() }).nullable().describe('of the last layer'),
  attentionLayers: z
    .array(attentionLayerComparisonSchema)
    .optional()
    .describe('of the layers that both models list, ascending'),
  crossHead: crossHeadSchema.optional().describe('only with --cross-head'),
  floor: floorSchema.optional(),
  routing: routingSummarySchema.optional().describe('over several positions'),
  parts: partsSchema.optional().describe('which tensors of the two exports differ, as their manifests say'),
  verdict: verdictSchema.optional(),
});

const checkSchema = z.strictObject({
  id: z.string(),
  model: z.enum(['base', 'ft', 'both', 'floor']),
  status: z.enum(['pass', 'warn', 'fail']),
  value: finite.optional(),
  limit: finite.optional(),
  message: z.string(),
});

/**
 * The JSON report: the one contract between ft-lens and other people's scripts. Types and JSON Schema come from here.
 * Numbers are at full precision and finite. Probabilities lie in 0..1, entropies and divergences are in nats, times in
 * milliseconds. Layer 0 is the embedding, layer i the residual stream after block i. Positions count from 0.
 */
export const reportSchema = z.strictObject({
  schema: z.literal('ft-lens.report'),
  schemaVersion: z.literal('1.0'),
  tool: z.strictObject({ name: z.literal('ft-lens'), version: z.string(), onnxruntime: z.string(), node: z.string() }),
  prompt: z.strictObject({ text: z.string(), chat: z.boolean(), tokens: z.array(tokenSchema) }),
  settings: z.strictObject({
    device: z.enum(['cpu', 'cuda', 'webgpu']),
    norm: z.enum(['final', 'none']),
    topK: z.int().positive(),
    finalTop: z.int().positive(),
    activeThreshold: probability,
    positions: z.array(count),
    tracked: z.array(z.strictObject({ id: count, text: z.string() })),
    trackedSets: z.array(trackedSetSchema).optional(),
  }),
  models: z.strictObject({ base: modelSchema, ft: modelSchema.optional() }),
  comparison: comparisonSchema.optional(),
  generation: generationSchemaOf(positionSchema, positionComparisonSchema).optional(),
  checks: z.array(checkSchema),
});

export type Report = z.infer<typeof reportSchema>;
export type ModelReport = z.infer<typeof modelSchema>;
export type PositionReport = z.infer<typeof positionSchema>;
export type LayerReport = z.infer<typeof layerSchema>;
export type RoutingReport = z.infer<typeof routingSchema>;
export type { AttentionLayerComparison, AttentionLayerReport, AttentionReport } from './schema/attention.ts';
export type { ExpertLoadReport, RoutingSummaryReport } from './schema/routing.ts';
export type { TrackedSetReport, TrackedSetRow } from './schema/tracked-sets.ts';
export type Comparison = z.infer<typeof comparisonSchema>;
export type PositionComparison = Comparison['positions'][number];
export type GenerationReport = NonNullable<Report['generation']>;
export type ContinuationReport = GenerationReport['continuations'][number];
export type WrittenToken = ContinuationReport['tokens'][number];
export type LayerComparison = z.infer<typeof layerComparisonSchema>;
export type { FloorLayer, FloorPosition, FloorReport } from './schema/floor.ts';
export type Parts = z.infer<typeof partsSchema>;
export type KnownParts = Extract<Parts, { known: true }>;
export type PartReport = z.infer<typeof partSchema>;
export type PartKind = z.infer<typeof partKind>;
export type VerdictReport = z.infer<typeof verdictSchema>;
export type Check = z.infer<typeof checkSchema>;
