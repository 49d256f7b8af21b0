import type { Command } from '@commander-js/extra-typings';
import { helpConfiguration } from '../help.ts';
import { oneOfNumbers, threadCount } from '../options.ts';

const HELP = {
  examples: [
    ['ft-lens export --checkpoint ./base --out ./base-int4', 'the base'],
    [
      'ft-lens export --checkpoint ./base --adapter ./lora --out ./ft-int4 \\\n    --share-with ./base-int4',
      'the fine-tune; weights that the LoRA leaves alone are stored once',
    ],
    ['ft-lens export --checkpoint Qwen/Qwen3-30B-A3B --out ./base-int4', 'from the local Hugging Face cache'],
  ],
  next: 'Next: ft-lens analyze "…" --base ./base-int4 --ft ./ft-int4',
} as const;

export function addExportCommand(program: Command): void {
  program
    .command('export')
    .description(
      'Make a 4-bit ONNX export from a Hugging Face Qwen3-MoE checkpoint, with a LoRA merged into it or not.',
    )
    .configureHelp(helpConfiguration(HELP))
    .optionsGroup('Models')
    .requiredOption('--checkpoint <dir>', 'folder of the checkpoint, or its id in the Hugging Face cache')
    .option('--adapter <dir>', 'folder or id of a PEFT LoRA, merged before quantising')
    .requiredOption(
      '--out <dir>',
      'folder to make; until it is whole, DIR.partial: the same command goes on from there',
    )
    .option('--share-with <export>', 'link the bytes that are equal in this export instead of storing them twice')
    .option('--force', 'replace an export that is there already')
    .optionsGroup('Quantisation')
    .option('--bits <n>', 'of projections and experts: 4 or 8', oneOfNumbers('--bits', [4, 8]), 4)
    .option(
      '--block-size <n>',
      'weights that share a scale: 32, 64 or 128',
      oneOfNumbers('--block-size', [32, 64, 128]),
      64,
    )
    .option('--head-bits <n>', 'of the LM head: 4, 8 or 16 (f16)', oneOfNumbers('--head-bits', [4, 8, 16]), 16)
    .option('--search', 'try 32 scales for each block: less error, about 4 times the work')
    .optionsGroup('Run')
    .option('--threads <n>', 'threads that encode weights (default: one per core)', threadCount('--threads'))
    .optionsGroup('Output')
    .option('--json', 'the manifest of the export on standard output')
    .option('--no-color', 'no colours')
    .option('--quiet', 'only warnings and errors on stderr')
    .option('--verbose', 'stacks of errors as well')
    .action(async (options) => {
      const { runExport } = await import('../run/export.ts');
      await runExport(options);
    });
}
