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

/** Some indices of one axis of a tensor. */
export interface Pick {
  readonly axis: number;
  readonly indices: readonly number[];
}

/** What goes into a graph: a tensor of this process, or one that stayed in the child, whole or some of its rows. */
export type Feed = TensorValue | (ResidentTensor & { readonly pick?: Pick });

export interface SessionOptions {
  /** the folder against which the graph names its external data */
  readonly dataFolder?: string | undefined;
  /** threads of the CPU */
  readonly threads?: number | undefined;
  /** which of the engine's processes holds the session; the first by default */
  readonly process?: number | undefined;
  /** runs the graph on the CPU, whatever the engine's device is */
  readonly onCpu?: boolean | undefined;
  /** keeps the memory of one run for the next, until the session is released: for large tensors, run after run */
  readonly keepMemory?: boolean | undefined;
  /** names of nodes that stay on the CPU by intent, where the device lets itself be told */
  readonly cpuNodes?: readonly string[] | undefined;
  /** writes down which provider runs each node, for {@link PlacedNode} */
  readonly profile?: boolean | undefined;
}

/** A node that ran, and where. */
export interface PlacedNode {
  readonly name: string;
  readonly operator: string;
  /** ONNX Runtime's name of it, such as CUDAExecutionProvider */
  readonly provider: string;
  /** of its results */
  readonly bytes: number;
  readonly microseconds: number;
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
      readonly feeds: Readonly<Record<string, Feed>>;
      /** outputs to send back */
      readonly fetch: readonly string[];
      /** outputs to keep, each under the key given here */
      readonly keep: Readonly<Record<string, number>>;
    }
  | { readonly kind: 'placement'; readonly session: number }
  | { readonly kind: 'release'; readonly session: number }
  | { readonly kind: 'drop'; readonly keys: readonly number[] };

/** The answer to each kind of request. */
export interface Answers {
  version: string;
  create: undefined;
  run: { readonly values: Record<string, TensorValue>; readonly kept: Record<string, ResidentTensor> };
  placement: PlacedNode[];
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
