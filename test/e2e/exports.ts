import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ExportRequest, exportModel } from '../../src/export/export-model.ts';

const fixtures = join(import.meta.dirname, '../fixtures');

/** A temporary folder in which fixtures are exported. */
export class Exports {
  readonly folder = mkdtempSync(join(tmpdir(), 'ft-lens-exports-'));

  /** @returns the folder of the export, which is named after the adapter, or `base` */
  async make(checkpoint: string, adapter?: string, options: Partial<ExportRequest> = {}): Promise<string> {
    const out = this.folderOf(checkpoint, adapter);
    await exportModel({
      checkpoint: join(fixtures, checkpoint),
      adapter: adapter && join(fixtures, 'adapters', checkpoint, adapter),
      out,
      force: true,
      ...options,
    });
    return out;
  }

  /** Where {@link make} puts an export. */
  folderOf(checkpoint: string, adapter?: string): string {
    return join(this.folder, `${checkpoint}-${adapter ?? 'base'}`);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
