import * as z from 'zod';

/** What was looked at. */
const CHECK_IDS = ['node', 'runtime', 'memory', 'disk', 'demo', 'driver', 'gpu', 'cuda', 'vulkan', 'auto'] as const;

const checkSchema = z.strictObject({
  id: z.enum([...CHECK_IDS, 'libraries', 'reading']),
  status: z
    .enum(['pass', 'warn', 'fail', 'absent'])
    .describe('absent: not there, and only needed for a device that is not the CPU'),
  text: z.string(),
  remedy: z.string().optional().describe('what to do about it'),
});

/** `ft-lens doctor --json` */
export const doctorReportSchema = z.strictObject({
  schema: z.literal('ft-lens.doctor'),
  schemaVersion: z.literal('1.0'),
  tool: z.strictObject({ name: z.literal('ft-lens'), version: z.string(), node: z.string() }),
  checks: z.array(checkSchema),
  devices: z
    .strictObject({ cpu: z.boolean(), cuda: z.boolean(), webgpu: z.boolean() })
    .describe('which can be used, as far as it can be told without a model'),
  auto: z.enum(['cpu', 'cuda']).describe('what --device auto takes, when the model fits'),
});

export type DoctorReport = z.infer<typeof doctorReportSchema>;
export type DoctorCheck = z.infer<typeof checkSchema>;
