import * as z from 'zod';
import type { PlacedNode } from './protocol.ts';

const size = z.coerce.number().default(0);

/** One event of ONNX Runtime's profile: a trace in Chrome's format, with sizes in bytes as strings. */
const eventSchema = z.object({
  cat: z.string(),
  name: z.string(),
  dur: z.number(),
  args: z
    .object({
      op_name: z.string().optional(),
      provider: z.string().optional(),
      output_size: size,
      activation_size: size,
    })
    .optional(),
});

const KERNEL_EVENT = '_kernel_time';

/** The nodes that a profile tells of, in the order in which they ran. */
export function parseProfile(text: string): PlacedNode[] {
  return z
    .array(eventSchema)
    .parse(JSON.parse(text))
    .flatMap(({ cat, name, dur, args }) => {
      if (cat !== 'Node' || !name.endsWith(KERNEL_EVENT) || !args?.op_name || !args.provider) return [];
      return [
        {
          name: name.slice(0, -KERNEL_EVENT.length),
          operator: args.op_name,
          provider: args.provider,
          bytes: args.output_size + args.activation_size,
          microseconds: dur,
        },
      ];
    });
}
