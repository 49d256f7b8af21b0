import type { FuzzTarget } from './target.ts';
import { adapterTargets } from './targets/adapter.ts';
import { checkpointTargets } from './targets/checkpoint.ts';
import { engineTarget } from './targets/engine.ts';
import { exportFolderTargets } from './targets/export-folder.ts';
import { onnxTargets } from './targets/onnx.ts';
import { reportTargets } from './targets/report.ts';
import { tokenizerTargets } from './targets/tokenizer.ts';
import { verifiedTargets } from './targets/verified.ts';
import { wheelTargets } from './targets/wheel.ts';

/** Every kind of file that can come from a stranger, read by ft-lens alone. */
export const TARGETS: readonly FuzzTarget[] = [
  ...checkpointTargets,
  ...adapterTargets,
  ...onnxTargets,
  ...exportFolderTargets,
  ...reportTargets,
  ...tokenizerTargets,
  ...wheelTargets,
  ...verifiedTargets,
];

/** With the one that needs the built program and its engine. */
export const ALL_TARGETS: readonly FuzzTarget[] = [...TARGETS, engineTarget];
