import { exportModel, type ExportRequest } from '../../export/export-model.ts';
import type { Manifest } from '../../export/folder/manifest.ts';
import { jsonDocument } from '../../render/json.ts';
import { exportSummary, survivalWarnings } from '../describe/export-summary.ts';
import { exportHooks } from '../export-progress.ts';
import { writeData } from '../output.ts';
import { progressOf, type StderrOptions } from '../progress.ts';
import { shellWord } from '../../shell-word.ts';
import { tokenizerWarning } from '../tokenizer-warning.ts';
import { formatBytes, formatDuration } from '../units.ts';

export interface ExportOptions extends StderrOptions, Omit<ExportRequest, 'force' | 'rule'> {
  readonly search?: true | undefined;
  readonly force?: true | undefined;
  readonly json?: true | undefined;
}

/** `ft-lens export`: what became of the weights goes to stderr, the manifest to stdout when it is asked for. */
export async function runExport(options: ExportOptions): Promise<void> {
  const { force, search, json, quiet: _quiet, color: _color, ...request } = options;
  const progress = progressOf(options);
  const start = performance.now();
  try {
    const { manifest } = await exportModel(
      { ...request, force: force === true, ...(search && { rule: 'searched-scale' }) },
      exportHooks(progress),
    );
    progress.summary(`\n${exportSummary(manifest)}\n`);
    for (const warning of survivalWarnings(manifest)) progress.warning(warning);
    const tokenizer = await tokenizerWarning(options.out);
    if (tokenizer !== undefined) progress.warning(tokenizer);
    progress.done('wrote', wroteLine(options.out, manifest, performance.now() - start));
    progress.done('next', nextCommand(options));
    if (json) await writeData(jsonDocument(manifest, 2), undefined);
  } finally {
    progress.end();
  }
}

/** The next thing to do, ready to be pasted. */
function nextCommand({ adapter, shareWith, out }: ExportOptions): string {
  if (adapter === undefined) return `ft-lens analyze "…" --base ${shellWord(out)}`;
  return `ft-lens analyze "…" --base ${shareWith === undefined ? 'DIR' : shellWord(shareWith)} --ft ${shellWord(out)}`;
}

function wroteLine(out: string, { files }: Manifest, ms: number): string {
  const total = (chosen: typeof files): string => formatBytes(chosen.reduce((sum, { bytes }) => sum + bytes, 0));
  const shared = files.filter(({ sharedWith }) => sharedWith !== undefined);
  const sharing = shared.length === 0 ? '' : `, of these ${total(shared)} shared with ${shared[0]?.sharedWith}`;
  return `${out}  ${total(files)}${sharing}  ${formatDuration(ms)}`;
}
