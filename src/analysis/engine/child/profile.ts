import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlacedNode } from '../protocol.ts';

/** The file in which ONNX Runtime writes down what ran where, in a folder of its own. */
export class Profile {
  readonly #folder = mkdtempSync(join(tmpdir(), 'ft-lens-'));
  readonly #discard = () => this.discard();

  constructor() {
    process.once('exit', this.#discard);
  }

  get prefix(): string {
    return join(this.#folder, 'profile');
  }

  /** What ran so far. The runtime has to be told to end profiling first; it writes nothing afterwards. */
  async read(): Promise<PlacedNode[]> {
    // Loaded when there is something to read: no profile is made on the CPU.
    const { parseProfile } = await import('../parse-profile.ts');
    const files = readdirSync(this.#folder);
    const nodes = files.flatMap((file) => parseProfile(readFileSync(join(this.#folder, file), 'utf8')));
    this.discard();
    return nodes;
  }

  discard(): void {
    process.off('exit', this.#discard);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
