import type { Command } from '@commander-js/extra-typings';
import { helpConfiguration } from '../help.ts';
import { oneOf } from '../options.ts';

const HELP = {
  examples: [
    ['ft-lens inspect ./my-lora', 'which modules an adapter changes, its rank and scale'],
    ['ft-lens inspect Qwen/Qwen3-30B-A3B', 'a checkpoint, here in the local Hugging Face cache'],
    ['ft-lens inspect ./ft-int4 --verify', 'an export; are its files those that were written?'],
    [
      'ft-lens inspect ./ft-int4 --base ./base-int4 --adapter ./my-lora',
      'did the merge take effect? For exports and checkpoints of any program',
    ],
  ],
  next: 'Next: ft-lens export --help',
} as const;

export function addInspectCommand(program: Command): void {
  program
    .command('inspect')
    .description('Say what a checkpoint, adapter or export holds, and whether a LoRA was merged into it.')
    .argument('<path>', 'folder of a checkpoint, adapter or export, or an id in the Hugging Face cache')
    .configureHelp(helpConfiguration(HELP))
    .option('--verify', 'compare every file of an export with its hash')
    .option('--json', 'as JSON')
    .optionsGroup('Merge check')
    .option('--base <dir>', 'the model that the fine-tune was made from: an export or a checkpoint')
    .option('--adapter <dir>', 'the LoRA that should have been merged, once')
    .option('--all-rows', 'read every row instead of 64 of each weight')
    .option('--fail-on <rule>', 'merge: exit 1 unless the merge is proven', oneOf('--fail-on', ['merge']))
    .optionsGroup('Run')
    .option('--no-color', 'no colours')
    .option('--quiet', 'no progress')
    .option('--verbose', 'stacks of errors as well')
    .action(async (path, options) => {
      const { asksForMergeCheck, runMergeCheck } = await import('../run/merge-check.ts');
      if (asksForMergeCheck(options)) return runMergeCheck(path, options);
      const { runInspect } = await import('../run/inspect.ts');
      await runInspect(path, options);
    });
}
