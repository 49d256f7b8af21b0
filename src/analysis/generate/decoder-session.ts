import { encodeModel } from '../../onnx/model.ts';
import type { Engine } from '../engine/engine.ts';
import { requirePlacement } from '../engine/placement.ts';
import type { Feed, ResidentTensor, SessionOptions } from '../engine/protocol.ts';
import type { Session } from '../engine/session.ts';
import type { OpenModel } from '../model/open-model.ts';
import { emptyStates, feedsOf, tokenFeeds } from '../reading/prompt-feeds.ts';
import { type CachedDecoder, cachedDecoder, NEXT } from '../surgery/cached-decoder.ts';

/** What a model would write next. */
export interface NextToken {
  readonly id: number;
  /** 0..1 */
  readonly probability: number;
}

/** A whole model that stays loaded from token to token; its KV cache stays in the engine. */
export class DecoderSession {
  readonly #engine: Engine;
  readonly #model: OpenModel;
  readonly #decoder: CachedDecoder;
  readonly #session: Session;
  /** tokens read so far */
  #read = 0;
  #states: readonly ResidentTensor[] = [];

  private constructor(engine: Engine, model: OpenModel, decoder: CachedDecoder, session: Session) {
    this.#engine = engine;
    this.#model = model;
    this.#decoder = decoder;
    this.#session = session;
  }

  /** @throws FtLensError (input) for a model without a cache that can be carried on */
  static async load(engine: Engine, model: OpenModel, options: SessionOptions): Promise<DecoderSession> {
    const device = engine.device.kind;
    const decoder = cachedDecoder(model.model, model.anatomy, { device, where: model.file });
    const session = await engine.createSession(encodeModel(decoder.model), model.file, {
      ...options,
      cpuNodes: decoder.cpuNodes,
      dataFolder: model.folder,
      keepMemory: true,
      profile: device !== 'cpu',
    });
    return new DecoderSession(engine, model, decoder, session);
  }

  /** Reads more tokens, after all that were read before. @returns the most probable one to follow */
  async read(ids: readonly number[]): Promise<NextToken> {
    const { states } = this.#decoder;
    const past = states.map((state) => state.past);
    const feeds = new Map<string, Feed>([
      ...tokenFeeds(this.#model.anatomy.inputs, ids, this.#read),
      ...(this.#read === 0
        ? emptyStates(past)
        : past.map(({ name }, i) => [name, this.#states[i] as ResidentTensor] as const)),
    ]);
    const kept = states.map(({ present }) => present);
    const result = await this.#session.run(feedsOf(this.#decoder.model, feeds), {
      fetch: [NEXT.token, NEXT.probability],
      keep: kept,
    });
    if (this.#read === 0 && this.#engine.device.kind !== 'cpu')
      requirePlacement(
        this.#engine.device,
        await this.#session.placement(),
        this.#session.where,
        this.#decoder.cpuNodes,
      );
    await this.#engine.drop(this.#states);
    this.#states = kept.map((name) => result.resident(name));
    this.#read += ids.length;
    return { id: result.integers(NEXT.token)[0] as number, probability: result.floats(NEXT.probability)[0] as number };
  }

  /** Frees the weights and the cache. */
  async release(): Promise<void> {
    await Promise.all([this.#session.release(), this.#engine.drop(this.#states)]);
    this.#states = [];
  }
}
