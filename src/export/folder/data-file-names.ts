import type { ModuleKind } from '../checkpoint/weight-names.ts';

export const GRAPH_FILE = 'model.onnx';

/**
 * Parts of a model with a data file each, in the order of the files. An adapter changes a part as a whole more often
 * than not; another export then links the files of the parts that it did not change, and carries nothing of the others.
 */
export const PARTS = ['experts', 'attention', 'rest'] as const;
export type Part = (typeof PARTS)[number];

export function partOf(kind: ModuleKind): Part {
  return kind === 'experts' || kind === 'attention' ? kind : 'rest';
}

/** Name of a part's file while it is written. */
export function fileOfPart(part: Part): string {
  return `${part}.unfinished`;
}

/**
 * The names that the data files of a graph are published under, as transformers.js expects them: those of the other
 * export first, then those of the parts.
 */
export function dataFileNames(
  sharedFiles: readonly string[],
  parts: readonly Part[],
): { readonly shared: ReadonlyMap<string, string>; readonly own: ReadonlyMap<Part, string> } {
  const inOrder = PARTS.filter((part) => parts.includes(part));
  const name = (index: number): string => `${GRAPH_FILE}_data${index === 0 ? '' : `_${index}`}`;
  return {
    shared: new Map(sharedFiles.map((file, i) => [file, name(i)])),
    own: new Map(inOrder.map((part, i) => [part, name(sharedFiles.length + i)])),
  };
}
