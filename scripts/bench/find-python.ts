import { execFileSync } from 'node:child_process';

const VERSIONS =
  'import json, platform, peft, torch, transformers as t; ' +
  'print(json.dumps({"python": platform.python_version(), "torch": torch.__version__, "transformers": t.__version__, "peft": peft.__version__}))';

/** A Python that has torch, transformers and peft, and their versions. */
export interface TransformersPython {
  readonly file: string;
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * @param named is taken or nothing is
 * @returns undefined when there is none
 */
export function findPython(named: string | undefined): TransformersPython | undefined {
  for (const file of named === undefined ? ['python', 'python3'] : [named]) {
    try {
      const output = execFileSync(file, ['-c', VERSIONS], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
      return { file, versions: JSON.parse(output) as Record<string, string> };
    } catch {
      // Not there, or without these packages.
    }
  }
  return undefined;
}
