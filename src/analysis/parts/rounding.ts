import type { Manifest, QuantizationError } from '../../export/folder/manifest.ts';
import type { PartKind, PartReport } from '../../report/schema.ts';

/** How far storing moved the weights of a part, in each of two exports. */
export function roundingOf(kind: PartKind, base: Manifest, ft: Manifest): Pick<PartReport, 'rounding'> {
  const [inBase, inFt] = [base, ft].map((manifest) => errorOf(kind, manifest)?.mean);
  return inBase === undefined || inFt === undefined ? {} : { rounding: { base: inBase, ft: inFt } };
}

/** Manifests count the final norm among the norms; a tied head is the embedding. */
function errorOf(kind: PartKind, { quantizationError }: Manifest): QuantizationError | undefined {
  const of = (name: QuantizationError['kind']) => quantizationError.find((error) => error.kind === name);
  if (kind === 'final-norm') return of('norm');
  return kind === 'head' ? (of('head') ?? of('embedding')) : of(kind);
}
