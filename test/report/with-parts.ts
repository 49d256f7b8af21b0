import type { KnownParts, PartKind, PartReport, Report } from '../../src/report/schema.ts';

const KINDS: readonly PartKind[] = ['embedding', 'attention', 'router', 'experts', 'norm', 'final-norm', 'head'];

/** A report whose exports differ in these layers of these parts; an empty list is for parts outside the layers. */
export function withParts(
  report: Report,
  differing: Partial<Record<PartKind, number[]>>,
  facts: Partial<Omit<KnownParts, 'kinds'>> & { readonly lora?: Partial<Record<PartKind, PartReport['lora']>> } = {},
): Report {
  const { lora = {}, ...rest } = facts;
  const parts: KnownParts = {
    known: true,
    sameGraph: true,
    sameCheckpoint: true,
    baseLora: null,
    ftLora: null,
    ...rest,
    kinds: KINDS.map((kind) => {
      const layers = differing[kind];
      return {
        kind,
        tensors: 96,
        differing: layers === undefined ? 0 : Math.max(1, layers.length),
        layers: layers ?? [],
        lora: lora[kind] ?? null,
      };
    }),
  };
  return { ...report, ...(report.comparison && { comparison: { ...report.comparison, parts } }) };
}
