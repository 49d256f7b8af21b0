import type { EngineProcess } from './engine-process.ts';
import type { Feed, PlacedNode } from './protocol.ts';
import { RunResult } from './run-result.ts';

/** One loaded graph. */
export class Session {
  readonly #process: EngineProcess;
  readonly #key: number;
  readonly where: string;

  /** @param where the file or graph, for messages */
  constructor(process: EngineProcess, key: number, where: string) {
    this.#process = process;
    this.#key = key;
    this.where = where;
  }

  /**
   * Runs the graph.
   * @param fetch names of the outputs to bring back
   * @param keep names of the outputs that stay in the engine, to be fed to another run
   */
  async run(
    feeds: Readonly<Record<string, Feed>>,
    { fetch = [], keep = [] }: { fetch?: readonly string[]; keep?: readonly string[] },
  ): Promise<RunResult> {
    const keys = Object.fromEntries(keep.map((name) => [name, this.#process.newKey()]));
    const answer = await this.#process.ask(
      { kind: 'run', session: this.#key, feeds, fetch, keep: keys },
      { phase: 'running', where: this.where },
    );
    return new RunResult(answer.values, answer.kept);
  }

  /** Which provider ran each node so far; for a session created with `profile`, once. */
  placement(): Promise<PlacedNode[]> {
    return this.#process.ask({ kind: 'placement', session: this.#key }, { phase: 'running', where: this.where });
  }

  /** Frees the graph and its weights; resident tensors stay. */
  async release(): Promise<void> {
    await this.#process.ask({ kind: 'release', session: this.#key }, { phase: 'releasing', where: this.where });
  }
}
