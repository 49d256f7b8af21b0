/** What the engine and its child process say to each other. Everything travels as a copy (structured clone). */

export type TensorType = 'float32' | 'float64' | 'float16' | 'int32' | 'int64' | 'uint8' | 'bool';

/** A tensor in this process. float16 values are raw 16-bit patterns. */
export interface TensorValue {
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly data: Float32Array | Float64Array | Uint16Array | Int32Array | BigInt64Array | Uint8Array;
}

/** A tensor that stays in the child process, under a key. */
export interface ResidentTensor {
  readonly resident: number;
  readonly type: TensorType;
  readonly dims: readonly number[];
}

export interface SessionOptions {
  /** the folder against which the graph names its external data */
  readonly dataFolder?: string | undefined;
  readonly threads?: number | undefined;
}

export type Request =
  | { readonly kind: 'version' }
  | {
      readonly kind: 'create';
      readonly session: number;
      readonly model: Uint8Array;
      readonly options: SessionOptions;
    }
  | {
      readonly kind: 'run';
      readonly session: number;
      readonly feeds: Readonly<Record<string, TensorValue | ResidentTensor>>;
      /** outputs to send back */
      readonly fetch: readonly string[];
      /** outputs to keep, each under the key given here */
      readonly keep: Readonly<Record<string, number>>;
    }
  | { readonly kind: 'release'; readonly session: number }
  | { readonly kind: 'drop'; readonly keys: readonly number[] };

/** The answer to each kind of request. */
export interface Answers {
  version: string;
  create: undefined;
  run: { readonly values: Record<string, TensorValue>; readonly kept: Record<string, ResidentTensor> };
  release: undefined;
  drop: undefined;
}

export interface RequestMessage {
  readonly id: number;
  readonly request: Request;
}

export type AnswerMessage =
  | { readonly id: number; readonly answer: Answers[Request['kind']] }
  | { readonly id: number; readonly failure: string };
