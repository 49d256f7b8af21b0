import { spawn } from 'node:child_process';

/** Time between two looks, in ms. */
const SAMPLE_MS = 20;

/** Watches how much memory of the first GPU is taken, by all programs together. */
export class GpuMemoryWatch {
  readonly #sampler = spawn('nvidia-smi', [
    '--id=0',
    '--query-gpu=memory.used',
    '--format=csv,noheader,nounits',
    `--loop-ms=${SAMPLE_MS}`,
  ]);
  #peakMebibytes = 0;

  constructor() {
    // Without nvidia-smi there is nothing to see.
    this.#sampler.on('error', () => undefined);
    this.#sampler.stdout.on('data', (lines: Buffer) => {
      for (const line of lines.toString().split('\n'))
        this.#peakMebibytes = Math.max(this.#peakMebibytes, Number(line));
    });
  }

  /** The largest value that was seen. */
  get peakBytes(): number {
    return this.#peakMebibytes * 2 ** 20;
  }

  stop(): void {
    this.#sampler.kill();
  }
}
