import { describe, expect, it } from 'vitest';
import type { PartKind, PositionComparison, Report } from '../../../src/report/schema.ts';
import { causesOf } from '../../../src/report/verdict/causes.ts';
import { partSentences } from '../../../src/report/verdict/parts.ts';
import { sampleIdentical, samplePair } from '../../render/sample-report.ts';
import { withParts } from '../with-parts.ts';

const wording = { quote: (text: string) => `"${text}"`, plain: (text: string) => text };

function changeOf(report: Report): PositionComparison {
  return report.comparison!.positions.at(-1)!;
}

const sentences = (report: Report): string[] => partSentences(report.comparison, changeOf(report), wording);

const LAYERS = Array.from({ length: 48 }, (_, i) => i + 1);

/** The sample pair (its states differ from layer 1 on) as if they differed from another layer on. */
function differingFrom(first: number | null): Report {
  const report = samplePair();
  changeOf(report).firstDivergentLayer = first;
  return report;
}

describe('what differs', () => {
  it.each([
    [{ attention: LAYERS }, 'Only attention of L-1 to L-48 differs; all other tensors are equal.'],
    [
      { experts: [1, 2, 3, 10, 20] },
      'Only the experts of L-1 to L-3, L-10 and L-20 differ; all other tensors are equal.',
    ],
    [
      { attention: LAYERS, experts: LAYERS },
      'Attention and the experts of L-1 to L-48 differ; all other tensors are equal.',
    ],
    [
      { attention: LAYERS, experts: [1, 20], 'final-norm': [], head: [] },
      'Attention of L-1 to L-48, the experts of L-1 and L-20, and the final norm and the head differ; all other tensors are equal.',
    ],
    [{ embedding: [0] }, 'Only the embedding differs; all other tensors are equal.'],
  ] satisfies [Partial<Record<PartKind, number[]>>, string][])('%j', (differing, sentence) => {
    expect(sentences(withParts(samplePair(), differing))[0]).toBe(sentence);
  });

  it('is not said without manifests, but why', () => {
    const report = samplePair();
    report.comparison!.parts = { known: false, reason: 'neither folder has a manifest' };
    expect(sentences(report)).toEqual(['Which tensors differ is not known: neither folder has a manifest.']);
    expect(sentences(samplePair())).toEqual([]);
  });

  it('may be nothing', () => {
    expect(sentences(withParts(sampleIdentical(), {}))).toEqual([
      "Every tensor of the fine-tune equals the base's: the export holds no fine-tuning at all.",
    ]);
    expect(sentences(withParts(sampleIdentical(), {}, { ftLora: 'my-lora' }))).toEqual([
      "Every tensor of the fine-tune equals the base's: merging my-lora did nothing.",
    ]);
    expect(sentences(withParts(samplePair(), {}))[0]).toContain('a data file is not what its manifest says');
    expect(sentences(withParts(samplePair(), {}, { sameGraph: false }))).toEqual([
      "Every tensor of the fine-tune equals the base's; only the graphs differ.",
    ]);
  });

  it('may not show on a prompt', () => {
    expect(sentences(withParts(sampleIdentical(), { experts: [3] }))).toEqual([
      'Only the experts of L-3 differ; all other tensors are equal.',
      'No state of this prompt shows it.',
    ]);
  });
});

describe('what can have caused the beginning', () => {
  const causes = (report: Report) => {
    const parts = report.comparison!.parts!;
    return parts.known ? causesOf(parts, changeOf(report)) : undefined;
  };

  it('lies at or before the layer in which it begins', () => {
    const report = withParts(differingFrom(2), { attention: [1, 2, 3], experts: [3], head: [] });
    expect(causes(report)).toEqual([{ kind: 'attention', layers: [1, 2] }]);
    expect(sentences(report)[1]).toBe(
      'What differs first, the state after L-2, can have been changed by attention of L-1 to L-2 alone.',
    );
  });

  it('may be one of several', () => {
    expect(sentences(withParts(differingFrom(1), { attention: LAYERS, experts: LAYERS }))[1]).toBe(
      'What differs first, the state after L-1, can have been changed by attention or the experts of L-1 alone.',
    );
    expect(sentences(withParts(differingFrom(1), { embedding: [0], attention: [1] }))[1]).toBe(
      'What differs first, the state after L-1, can have been changed by the embedding, or attention of L-1 alone.',
    );
  });

  it('lies after the layers where all states are equal and the predictions are not', () => {
    const report = withParts(differingFrom(null), { experts: [3], head: [] });
    expect(causes(report)).toEqual([{ kind: 'head', layers: [] }]);
    expect(sentences(report)[1]).toBe('The states are equal: the predictions can have been changed by the head alone.');
  });

  it('is not named where graphs differ, nor where one part says it all, nor where nothing shows', () => {
    expect(sentences(withParts(differingFrom(1), { attention: [1], experts: [1] }, { sameGraph: false }))).toEqual([
      'Attention and the experts of L-1 differ; all other tensors are equal; the graphs differ too.',
    ]);
    expect(sentences(withParts(differingFrom(1), { attention: [1] }))).toHaveLength(1);
    const report = withParts(differingFrom(null), { experts: [3], head: [] });
    for (const row of changeOf(report).layers) row.jsNats = 0;
    expect(causes(report)).toEqual([]);
    expect(sentences(report)).toHaveLength(1);
  });

  it('is missing when the tensors cannot explain it', () => {
    expect(sentences(withParts(differingFrom(1), { attention: [2] }))[1]).toContain(
      'This does not explain where the difference begins',
    );
  });
});

describe('what became of the LoRA', () => {
  const lora = (cosine: number | null, noise: number) => ({
    weights: 8,
    cosine,
    normRatio: cosine === null ? null : 1,
    kept: cosine === null ? null : 1,
    noise: cosine === null ? null : noise,
  });

  it('is told where all of it was lost in rounding, where it is zero, and where noise is larger', () => {
    const report = withParts(
      samplePair(),
      { attention: [1] },
      { ftLora: 'my-lora', lora: { attention: lora(0.4, 1.94), experts: lora(0, 0), router: lora(null, 0) } },
    );
    expect(sentences(report).slice(1)).toEqual([
      'For the router, my-lora holds a change of zero.',
      'my-lora changes the experts, but not one tensor there differs: that change was lost in rounding.',
      'The change of my-lora is stored under rounding noise of 1.9 (attention) times its size.',
    ]);
  });

  it('is told where only a part of it was kept', () => {
    const partly = { ...lora(0.4, 0.8), kept: 0.43 };
    const report = withParts(
      samplePair(),
      { attention: [1], experts: [1] },
      { ftLora: 'my-lora', lora: { attention: { ...lora(0.9, 0.2), kept: 0.9 }, experts: partly } },
    );
    expect(sentences(report).slice(2)).toEqual(['Of the change of my-lora, storing kept 43.0% (the experts).']);
  });

  it('is doubted where it was merged into another checkpoint than the base', () => {
    const other = { sameCheckpoint: false };
    expect(sentences(withParts(samplePair(), { attention: [1] }, other)).at(-1)).toBe(
      'The two exports were made from different checkpoints.',
    );
    expect(sentences(withParts(samplePair(), { attention: [1] }, { ...other, ftLora: 'my-lora' })).at(-1)).toBe(
      'The two exports were made from different checkpoints, and my-lora was merged on top: where that checkpoint held it already, it is in twice (ft-lens inspect --base --adapter tells).',
    );
  });
});
