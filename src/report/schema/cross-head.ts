import * as z from 'zod';
import { count, jensenShannonNats, nats, probability } from './scalars.ts';

const top = z.array(z.strictObject({ id: count, text: z.string(), prob: probability }));
const sameTop1 = z.boolean().describe("both models' states have the same top token through this head");

const crossHeadLayerSchema = z.strictObject({
  layer: count,
  baseHead: z
    .strictObject({
      jsNats: jensenShannonNats.describe("between the two models' states: what the states alone change"),
      sameTop1,
      ftTop: top,
      ftEntropyNats: nats,
    })
    .describe("both models' states through the final norm and head of base; base's own reading is its layer row"),
  ftHead: z
    .strictObject({ jsNats: jensenShannonNats, sameTop1, baseTop: top, baseEntropyNats: nats })
    .describe("both models' states through the final norm and head of the fine-tune"),
  headJsNats: z
    .strictObject({ baseState: jensenShannonNats, ftState: jensenShannonNats })
    .describe("between the two heads on one model's state: what norm and head alone change"),
});

/** Each model's states also read through the other's final norm and head. */
export const crossHeadSchema = z.strictObject({
  sameHead: z
    .boolean()
    .describe('both models have the same final norm and head, bit by bit: every change is in the states'),
  positions: z
    .array(z.strictObject({ position: count, layers: z.array(crossHeadLayerSchema) }))
    .describe('empty when both heads are the same'),
});

export type CrossHead = z.infer<typeof crossHeadSchema>;
export type CrossHeadLayer = z.infer<typeof crossHeadLayerSchema>;
