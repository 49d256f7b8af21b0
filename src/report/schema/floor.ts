import * as z from 'zod';
import { count, jensenShannonNats, nats, probability } from './scalars.ts';

const floorLayerSchema = z.strictObject({
  layer: count,
  jsNats: jensenShannonNats.describe('Jensen-Shannon divergence of floor and base'),
  klFloorBaseNats: nats.describe('KL(floor ‖ base)'),
  klBaseFloorNats: nats.describe('KL(base ‖ floor)'),
  sameTop1: z.boolean().describe('false where rounding alone changes the top-1'),
  residualCosine: z.number().min(-1.000_001).max(1.000_001),
  residualRelativeL2: z.number().nonnegative().describe('‖floor − base‖ / ‖base‖'),
  routing: z
    .strictObject({ jaccard: probability, jsNats: jensenShannonNats.describe("over all experts' softmax") })
    .nullable()
    .describe('null at layer 0 and in dense layers'),
});

const floorPositionSchema = z.strictObject({
  position: count,
  layers: z.array(floorLayerSchema),
  answer: z
    .strictObject({ id: count, text: z.string(), prob: probability })
    .describe("the floor's most probable next token, from its own logits"),
});

/** How far rounding alone moves the base: the base beside itself, exported with another recipe. */
export const floorSchema = z
  .strictObject({
    path: z.string(),
    name: z.string(),
    recipe: z.string().describe("how the floor's weights are stored"),
    positions: z.array(floorPositionSchema),
    attention: z.strictObject({ jsNats: jensenShannonNats }).nullable().describe('of the last layer'),
    attentionLayers: z
      .array(z.strictObject({ layer: z.int().positive(), jsNats: jensenShannonNats }))
      .optional()
      .describe('of the layers asked for by --attention-layers, between the means over heads'),
    rows: z
      .strictObject({ total: count, withinFloor: count })
      .describe("layers of all positions, and those where the fine-tune's jsNats is at most the floor's"),
  })
  .describe('how far rounding alone moves the base: the base beside itself under another recipe; only with --floor');

export type FloorReport = z.infer<typeof floorSchema>;
export type FloorPosition = z.infer<typeof floorPositionSchema>;
export type FloorLayer = z.infer<typeof floorLayerSchema>;
