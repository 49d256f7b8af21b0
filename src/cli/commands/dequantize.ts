import type { Command } from '@commander-js/extra-typings';
import { helpConfiguration } from '../help.ts';

const HELP = {
  examples: [
    ['ft-lens dequantize ./ft-int4 --out ./ft-applied', 'a checkpoint that transformers loads: the proof of an export'],
    ['ft-lens dequantize ./ft-int4 --out ./ft-applied --force', 'replace one that is there already'],
  ],
  next: 'Next: ft-lens inspect ./ft-int4',
} as const;

export function addDequantizeCommand(program: Command): void {
  program
    .command('dequantize')
    .description('Write the weights that an export really applies, as a Hugging Face checkpoint.')
    .argument('<export>', 'folder that ft-lens export has made')
    .configureHelp(helpConfiguration(HELP))
    .requiredOption('--out <dir>', 'folder to make')
    .option('--force', 'replace a checkpoint that dequantize has made before')
    .option('--no-color', 'no colours')
    .option('--quiet', 'only warnings and errors on stderr')
    .option('--verbose', 'stacks of errors as well')
    .action(async (folder, options) => {
      const { runDequantize } = await import('../run/dequantize.ts');
      await runDequantize(folder, options);
    });
}
