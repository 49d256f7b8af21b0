import type { LayerComparison, LayerReport, ModelReport, Report } from '../../src/report/schema.ts';
import type { FineTune, Form } from './models.ts';
import { type Estimate, meanOf, shareOf } from './intervals.ts';

/** What the published claims are tested with. */
export interface Claims {
  /** the last position of the held-out prompts */
  readonly heldOut: Readonly<Record<FineTune, Readonly<Record<Form, PairFigures>>>>;
  /** clean prompts, with the final norm left out before the head */
  readonly withoutNorm: PairFigures;
  readonly readmePrompt: Readonly<Record<FineTune, PairFigures>>;
  /** forward time of ft over that of base, as a ratio, each repeat in both orders */
  readonly speed: {
    readonly tokens: number;
    readonly repeats: number;
    readonly ratio: Estimate;
    readonly baseMs: Estimate;
    readonly ftMs: Estimate;
  };
}

/** What two models say at the last position of a set of prompts; entropies and divergences in nats. */
export interface PairFigures {
  readonly prompts: number;
  readonly answer: { readonly js: Estimate; readonly sameTop: Estimate };
  /** of the last layer, mean over heads */
  readonly attention: { readonly js: Estimate; readonly sameTop: Estimate };
  readonly base: ModelFigures;
  readonly fineTune: ModelFigures;
  /** layer 0 is the embedding */
  readonly layers: readonly {
    readonly klFtBase: Estimate;
    readonly js: Estimate;
    readonly routing: { readonly js: Estimate; readonly jaccard: Estimate } | null;
  }[];
}

export interface ModelFigures {
  readonly lastEntropy: Estimate;
  readonly topProbability: Estimate;
  readonly commitLayer: Estimate;
  readonly entropyByLayer: readonly Estimate[];
  readonly residualNormByLayer: readonly Estimate[];
}

/** Means over reports of the same two models, each read at one position. */
export function pairFigures(reports: readonly Report[]): PairFigures {
  const lastLayers = reports.map((report) => layersOf(report).at(-1) as LayerComparison);
  const attentions = reports.map(({ comparison }) => present(comparison?.attention));
  const layerCount = layersOf(present(reports[0])).length;
  return {
    prompts: reports.length,
    answer: {
      js: meanOf(lastLayers.map(({ jsNats }) => jsNats)),
      sameTop: shareOf(lastLayers.map(({ sameTop1 }) => sameTop1)),
    },
    attention: {
      js: meanOf(attentions.map(({ jsNats }) => jsNats)),
      sameTop: shareOf(attentions.map(({ sameTop1 }) => sameTop1)),
    },
    base: modelFigures(reports.map(({ models }) => models.base)),
    fineTune: modelFigures(reports.map(({ models }) => present(models.ft))),
    layers: Array.from({ length: layerCount }, (_, layer) =>
      layerFigures(reports.map((report) => present(layersOf(report)[layer]))),
    ),
  };
}

function modelFigures(models: readonly ModelReport[]): ModelFigures {
  const positions = models.map((model) => present(model.positions[0]));
  const byLayer = (figure: (layer: LayerReport) => number): Estimate[] =>
    Array.from({ length: present(positions[0]).layers.length }, (_, layer) =>
      meanOf(positions.map(({ layers }) => figure(present(layers[layer])))),
    );
  const entropyByLayer = byLayer(({ entropyNats }) => entropyNats);
  return {
    lastEntropy: present(entropyByLayer.at(-1)),
    topProbability: meanOf(positions.map(({ final }) => present(final.top[0]).prob)),
    commitLayer: meanOf(positions.map(({ commitLayer }) => commitLayer)),
    entropyByLayer,
    residualNormByLayer: byLayer(({ residualNorm }) => residualNorm),
  };
}

function layerFigures(layers: readonly LayerComparison[]): PairFigures['layers'][number] {
  const routings = layers.flatMap(({ routing }) => routing ?? []);
  return {
    klFtBase: meanOf(layers.map(({ klFtBaseNats }) => klFtBaseNats)),
    js: meanOf(layers.map(({ jsNats }) => jsNats)),
    routing:
      routings.length === 0
        ? null
        : {
            js: meanOf(routings.map(({ jsNats }) => jsNats)),
            jaccard: meanOf(routings.map(({ jaccard }) => jaccard)),
          },
  };
}

const layersOf = (report: Report): readonly LayerComparison[] => present(report.comparison?.positions[0]).layers;

function present<Value>(value: Value | null | undefined): Value {
  if (value === null || value === undefined) throw new Error('A report lacks what two models and one position give.');
  return value;
}
