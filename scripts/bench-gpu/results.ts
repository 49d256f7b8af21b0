import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlainRead } from '../bench/disk.ts';
import type { Machine } from '../bench/machine.ts';
import type { Measurement } from '../bench/measure.ts';
import type { PhaseSeconds } from './analyze.ts';
import type { ReportDifference } from './compare-reports.ts';
import type { HotRuns } from './hot-runs.ts';
import type { TransformersRuns } from './transformers.ts';

/** What each part of the benchmark found. */
export interface GpuResults {
  readonly machine?: Machine;
  readonly export?: readonly { readonly what: string; readonly inputBytes: number; readonly run: Measurement }[];
  readonly analyze?: readonly {
    readonly run: Measurement;
    readonly phases: PhaseSeconds;
    readonly peakGpuBytes: number;
  }[];
  readonly load?: {
    readonly warm: PlainRead & { readonly loadSeconds: number };
    readonly cold: PlainRead & { readonly loadSeconds: number };
  };
  readonly hot?: HotRuns;
  readonly numerics?: readonly {
    readonly what: string;
    readonly difference: ReportDifference;
    readonly selfTest: number | undefined;
  }[];
  readonly transformers?: TransformersRuns;
}

/** Parts may run in several calls: each is kept in a file of its own. */
export class ResultFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  save<Part extends keyof GpuResults>(part: Part, result: NonNullable<GpuResults[Part]>): void {
    writeFileSync(this.#file(part), `${JSON.stringify(result, null, 1)}\n`);
  }

  all(): GpuResults {
    const parts = ['machine', 'export', 'analyze', 'load', 'hot', 'numerics', 'transformers'] as const;
    const found = parts.filter((part) => existsSync(this.#file(part)));
    return Object.fromEntries(found.map((part) => [part, JSON.parse(readFileSync(this.#file(part), 'utf8'))]));
  }

  #file(part: string): string {
    return join(this.#folder, `${part}.json`);
  }
}
