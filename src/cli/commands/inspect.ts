import type { Command } from '@commander-js/extra-typings';
import { helpConfiguration } from '../help.ts';

const HELP = {
  examples: [
    ['ft-lens inspect ./my-lora', 'which modules an adapter changes, its rank and scale'],
    ['ft-lens inspect Qwen/Qwen3-30B-A3B', 'a checkpoint, here in the local Hugging Face cache'],
    ['ft-lens inspect ./ft-int4 --verify', 'an export; are its files those that were written?'],
  ],
  next: 'Next: ft-lens export --help',
} as const;

export function addInspectCommand(program: Command): void {
  program
    .command('inspect')
    .description('Say what a checkpoint, adapter or export holds, without loading weights.')
    .argument('<path>', 'folder of a checkpoint, adapter or export, or an id in the Hugging Face cache')
    .configureHelp(helpConfiguration(HELP))
    .option('--verify', 'compare every file of an export with its hash')
    .option('--json', 'as JSON')
    .option('--no-color', 'no colours')
    .option('--quiet', 'no progress while verifying')
    .option('--verbose', 'stacks of errors as well')
    .action(async (path, options) => {
      const { runInspect } = await import('../run/inspect.ts');
      await runInspect(path, options);
    });
}
