/**
 * What the script of the page reads: the report as flat columns of rounded numbers. A token is an index into `tokens`.
 * A column is flattened with its last index fastest; null stands where the report has no number.
 */
export type Column = readonly (number | null)[];

export interface PageData {
  readonly tokens: { readonly id: readonly number[]; readonly text: readonly string[] };
  /** what the tokens are, as a heading */
  readonly title: string;
  /** tokens of the prompt, by position */
  readonly prompt: readonly number[];
  /** positions of the prompt that were read: the columns of the maps */
  readonly positions: readonly number[];
  /** layers that were read, the embedding first: the rows of the maps */
  readonly layers: readonly number[];
  /** ln of the vocabulary's size: the largest possible entropy */
  readonly lnVocabulary: number;
  readonly experts: number;
  readonly expertsPerToken: number;
  /** a token is active above this probability, such as `1%` */
  readonly activeThreshold: string;
  /** what {@link ModelData.load} and {@link PageData.routing} are summed up over, such as `positions 1 to 9` */
  readonly summedPositions: string;
  /** null unless two models differ, over several positions */
  readonly routing: RoutingSummaryData | null;
  /** the sets of tokens asked for */
  readonly trackedSets: readonly { readonly name: string; readonly tokens: readonly number[] }[];
  /** one model, or base and fine-tune; two bit-identical models are one */
  readonly models: readonly ModelData[];
  /** null unless two models differ */
  readonly change: ChangeData | null;
  /** null unless it was asked for */
  readonly crossHead: CrossHeadData | null;
  /** null when nothing was written */
  readonly generation: GenerationData | null;
}

export interface GenerationData {
  /** tokens asked for */
  readonly requested: number;
  /** where the continuations part, and how surprising they are */
  readonly sentences: readonly string[];
  readonly continuations: readonly ContinuationData[];
}

export interface ContinuationData {
  readonly writer: 'Model' | 'Both' | 'Base' | 'Fine-tune';
  /** `12 tokens`, and why there are no more */
  readonly length: string;
  /** index of the first token in which two continuations differ */
  readonly firstDifference: number | null;
  /** position of its first token in {@link PageData.prompt} of `page` */
  readonly start: number;
  /** (token), of the model that wrote it */
  readonly prob: Column;
  /** (token): the layer from which it stays that model's top token; null: it never does */
  readonly settled: Column;
  /** the other model, and what it makes of the tokens; null for one model */
  readonly judge: { readonly label: 'base' | 'fine-tune'; readonly prob: Column; readonly rank: Column } | null;
  /** prompt and continuation, read at the positions whose states chose its tokens */
  readonly page: PageData;
}

export interface ModelData {
  readonly label: 'Model' | 'Both' | 'Base' | 'Fine-tune';
  /** (position, layer) */
  readonly entropy: Column;
  readonly active: Column;
  readonly klToFinal: Column;
  readonly finalProb: Column;
  readonly finalRank: Column;
  readonly residualNorm: Column;
  /** (position, layer, place) */
  readonly top: TokenColumns;
  /** (position, place), the model's own prediction */
  readonly final: TokenColumns;
  /** (position): the layer from which the top token stays the final one; null: it never does */
  readonly commitLayer: Column;
  /** (position, layer, slot), null in layers without routing */
  readonly routing: {
    readonly slots: number;
    readonly expert: Column;
    readonly weight: Column;
    readonly entropy: Column;
  } | null;
  /** the tokens asked for, each (position, layer) */
  readonly tracked: readonly { readonly token: number; readonly prob: Column; readonly rank: Column }[];
  /** the sets asked for, each (position, layer): probability, and rank and token of the most probable member */
  readonly trackedSets: readonly { readonly prob: Column; readonly bestRank: Column; readonly best: Column }[];
  /** null for one position and without experts */
  readonly load: LoadData | null;
  /** of some layers, ascending; empty when the model gives no attention weights */
  readonly attention: readonly AttentionData[];
}

/** How often each expert is chosen over several positions. */
export interface LoadData {
  /** (block, expert): blocks are the rows without the embedding */
  readonly assignments: Column;
  /** (block), of the assignments as shares, in nats */
  readonly entropy: Column;
}

/** Two models' routing over several positions; every column is (block), the first four are means but for loadJs. */
export interface RoutingSummaryData {
  readonly shared: Column;
  readonly js: Column;
  readonly entropyDelta: Column;
  readonly loadJs: Column;
  /** mean JS of base and floor; null without a floor */
  readonly floorJs: Column | null;
  /** experts that the fine-tune chooses more often, and less often, in words */
  readonly more: readonly string[];
  readonly less: readonly string[];
}

export interface TokenColumns {
  readonly places: number;
  readonly token: Column;
  readonly prob: Column;
}

export interface AttentionData {
  readonly layer: number;
  readonly queryPosition: number;
  /** (position that it sees), mean over heads */
  readonly weights: Column;
  readonly entropy: number;
  /** empty unless the report lists heads */
  readonly heads: readonly HeadData[];
}

export interface HeadData {
  /** (position that it sees) */
  readonly weights: Column;
  /** null where the report does not say */
  readonly entropy: number | null;
}

/** Divergences of two models' attention in one layer. */
export interface AttentionChangeData {
  readonly layer: number;
  /** between the means over heads */
  readonly js: number;
  /** by head; empty unless the report lists heads */
  readonly heads: readonly number[];
}

/** Each model's states also read through the other's final norm and head. */
export interface CrossHeadData {
  /** (position): what it comes to */
  readonly sentences: readonly string[];
  /** Every column is (position, layer); null when both heads are the same. */
  readonly rows: {
    /** JS of both models' states through one head */
    readonly statesByBase: Column;
    readonly statesByFt: Column;
    /** JS of both heads on one model's states */
    readonly headsOnBase: Column;
    readonly headsOnFt: Column;
    /** the fine-tune's top token through base's head */
    readonly ftByBase: Column;
    readonly ftByBaseProb: Column;
    readonly baseByFt: Column;
    readonly baseByFtProb: Column;
  } | null;
}

/** Every column is (position, layer). */
export interface ChangeData {
  readonly js: Column;
  readonly klFtBase: Column;
  readonly klBaseFt: Column;
  /** 1: both have the same top token */
  readonly sameTop1: Column;
  readonly baseTop1RankInFt: Column;
  readonly ftTop1RankInBase: Column;
  readonly cosine: Column;
  readonly relativeL2: Column;
  readonly routingJs: Column;
  /** experts that base takes and the fine-tune does not; null in layers without routing */
  readonly expertsLost: Column;
  /** (position): first layer whose state differs; null: none */
  readonly firstDivergentLayer: Column;
  readonly attention: readonly AttentionChangeData[];
  /** null unless a noise floor was measured */
  readonly floor: FloorData | null;
}

/** What rounding alone changes; the columns are (position, layer). */
export interface FloorData {
  readonly name: string;
  readonly js: Column;
  /** 1: the fine-tune changes no more */
  readonly within: Column;
  readonly routingJs: Column;
  readonly attention: readonly { readonly layer: number; readonly js: number }[];
}
