/**
 * What the script of the page reads: the report as flat columns of rounded numbers. A token is an index into `tokens`.
 * A column is flattened with its last index fastest; null stands where the report has no number.
 */
export type Column = readonly (number | null)[];

export interface PageData {
  readonly tokens: { readonly id: readonly number[]; readonly text: readonly string[] };
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
  /** one model, or base and fine-tune; two bit-identical models are one */
  readonly models: readonly ModelData[];
  /** null unless two models differ */
  readonly change: ChangeData | null;
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
  readonly attention: AttentionData | null;
}

export interface TokenColumns {
  readonly places: number;
  readonly token: Column;
  readonly prob: Column;
}

export interface AttentionData {
  readonly layer: number;
  readonly queryPosition: number;
  /** (position of the prompt), mean over heads */
  readonly weights: Column;
  /** (head, position of the prompt); empty unless the report lists heads */
  readonly heads: readonly Column[];
  readonly entropy: number;
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
  readonly attentionJs: number | null;
}
