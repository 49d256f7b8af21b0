import * as z from 'zod';
import { LIMITS } from '../../limits.ts';

/**
 * What an export folder holds and how it was made. Types and JSON Schema come from here. Sizes are in bytes, hashes
 * are SHA-256 in lower-case hexadecimal; errors and norms are ratios. Two exports of the same inputs have the same
 * manifest: there are no times and no paths in it.
 */
export const MANIFEST_FILE = 'manifest.json';
export const MANIFEST_SCHEMA = 'ft-lens.manifest';
export const MANIFEST_VERSION = '1.0';

const count = z.int().nonnegative();
const size = z.int().positive();
const ratio = z.number().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const fileName = z
  .string()
  .regex(/^(?!\.{1,2}$)[^/\\\p{Cc}]{1,255}$/u)
  .describe('a name in this folder, without a path');
const moduleKind = z.enum(['attention', 'experts', 'router', 'embedding', 'head', 'norm']);

const fileSchema = z.strictObject({ name: fileName, bytes: count, sha256 });

const sourceSchema = z.strictObject({
  name: z.string().describe('folder name or hub id'),
  files: z.array(fileSchema).describe('weights and configuration'),
});

const adapterSchema = sourceSchema.extend({
  settings: z
    .strictObject({
      rank: size,
      alpha: z.number(),
      rslora: z.boolean().describe('scale is alpha / sqrt(rank), not alpha / rank'),
      dora: z.boolean(),
      baseModel: z.string().optional().describe('the model that the adapter was trained on, as its author named it'),
      targetParameters: z.array(z.string()).describe('parameters that it changes directly, as PEFT names them'),
    })
    .describe('of adapter_config.json; single modules may have patterns of their own'),
});

const dimensionsSchema = z.strictObject({
  layers: size.max(LIMITS.layers),
  hiddenSize: size.max(LIMITS.hiddenSize),
  attentionHeads: size.max(LIMITS.attentionHeads),
  keyValueHeads: size.max(LIMITS.attentionHeads),
  headDim: size.max(LIMITS.hiddenSize),
  experts: size.max(LIMITS.experts),
  expertsPerToken: size.max(LIMITS.experts),
  expertIntermediateSize: size.max(LIMITS.hiddenSize),
  vocabSize: size.max(LIMITS.vocabSize).describe('rows of embedding and head, tokens or not'),
  maxPositions: size,
  tiedHead: z.boolean().describe('the head is the embedding'),
});

const quantizationSchema = z.strictObject({
  bits: z.union([z.literal(4), z.literal(8)]).describe('of attention projections and experts'),
  blockSize: z.union([z.literal(32), z.literal(64), z.literal(128)]).describe('weights of a row that share a scale'),
  headBits: z.union([z.literal(4), z.literal(8), z.literal(16)]).describe('16 is f16'),
  rule: z
    .enum(['signed-extreme', 'searched-scale'])
    .describe('the weight of largest magnitude in a block is the lowest integer; or 32 scales around that were tried'),
});

const exportedFileSchema = fileSchema.extend({
  sharedWith: z.string().optional().describe('name of the export that this file was linked from'),
});

const tensorSchema = z.strictObject({
  name: z.string(),
  kind: moduleKind,
  layer: size.optional().describe('counts from 1; absent outside the layers'),
  dtype: z.enum(['f32', 'f16', 'u8']),
  shape: z.array(size),
  file: fileName,
  offset: count,
  bytes: size,
  sha256,
});

const quantizationErrorSchema = z.strictObject({
  kind: moduleKind,
  bits: z.union([z.literal(4), z.literal(8), z.literal(16), z.literal(32)]).describe('16 and 32 are floats'),
  weights: size.describe('matrices and vectors of the checkpoint'),
  mean: ratio.describe('mean over weights of |stored − original| / |original| (Euclidean norms)'),
  worst: z.strictObject({ weight: z.string(), error: ratio }),
});

const adapterSurvivalSchema = z.strictObject({
  kind: moduleKind,
  bits: z.union([z.literal(4), z.literal(8), z.literal(16), z.literal(32)]),
  weights: size.describe('weights that the adapter names'),
  cosine: z
    .number()
    .min(-1.000_001)
    .max(1.000_001)
    .nullable()
    .describe('between the change of the stored weights and the change that the adapter makes; null without a change'),
  normRatio: ratio.nullable().describe('norm of the change of the stored weights / norm of the change made'),
});

export const manifestSchema = z.strictObject({
  schema: z.literal(MANIFEST_SCHEMA),
  schemaVersion: z.literal(MANIFEST_VERSION),
  tool: z.strictObject({ name: z.literal('ft-lens'), version: z.string() }),
  architecture: z.literal('qwen3_moe'),
  source: z.strictObject({ checkpoint: sourceSchema, adapter: adapterSchema.optional() }),
  dimensions: dimensionsSchema,
  quantization: quantizationSchema,
  files: z.array(exportedFileSchema).describe('every file of the folder but this one'),
  tensors: z.array(tensorSchema).describe('every tensor outside model.onnx, in the order of the plan'),
  quantizationError: z.array(quantizationErrorSchema),
  adapterSurvival: z.array(adapterSurvivalSchema).optional().describe('absent without an adapter'),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestFile = z.infer<typeof exportedFileSchema>;
export type ManifestTensor = z.infer<typeof tensorSchema>;
export type SourceFile = z.infer<typeof fileSchema>;
export type AdapterSettings = z.infer<typeof adapterSchema>['settings'];
export type QuantizationError = z.infer<typeof quantizationErrorSchema>;
export type AdapterSurvival = z.infer<typeof adapterSurvivalSchema>;
