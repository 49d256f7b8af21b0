import { type Command, Option } from '@commander-js/extra-typings';
import { helpConfiguration } from '../help.ts';

const HELP = {
  examples: [['ft-lens setup cuda', 'what --device cuda needs beside an NVIDIA driver, into your cache']],
  next: 'Next: ft-lens doctor',
} as const;

const CUDA_HELP = {
  examples: [
    ['ft-lens setup cuda', 'fetch what is missing; a CUDA 13 toolkit on this machine is used'],
    ['ft-lens setup cuda --dry-run', 'what would be fetched, from where and to where'],
    ['ft-lens setup cuda --wheel-dir ./wheels', 'without a network: wheels that pip has fetched elsewhere'],
    ['ft-lens setup cuda --from-dir ./venv', 'without a network: a Python environment with onnxruntime-gpu'],
  ],
  next: 'Next: ft-lens doctor, then ft-lens analyze "…" --device cuda',
} as const;

export function addSetupCommand(program: Command): void {
  const setup = program
    .command('setup')
    .description('Bring what a device needs: ft-lens setup cuda.')
    .configureHelp(helpConfiguration(HELP))
    .helpCommand(false);
  setup
    .command('cuda')
    .summary("Bring ONNX Runtime's CUDA provider and the CUDA libraries that it needs.")
    .description(
      "Bring ONNX Runtime's CUDA provider and the CUDA libraries that it needs. No root, no system folder; every file is checked against its SHA-256.",
    )
    .configureHelp(helpConfiguration(CUDA_HELP))
    .optionsGroup('Where from')
    .option(
      '--index-url <url>',
      'package index to fetch wheels from (default: FT_LENS_INDEX_URL, PIP_INDEX_URL, or the public one)',
    )
    .option('--from-wheel <file...>', 'wheels on this machine, instead of fetching them')
    .option('--wheel-dir <dir>', 'folder that holds every wheel that is needed')
    .option('--from-dir <dir>', "folder with ONNX Runtime's GPU libraries in it, such as a Python environment")
    .option('--toolkit <dir>', 'folder with the libraries of CUDA 13 in it (default: the usual places are looked at)')
    .option('--no-toolkit', 'fetch the libraries of CUDA also where a toolkit has them')
    .optionsGroup('Where to')
    .option('--dir <dir>', 'folder to make (default: FT_LENS_CUDA_DIR, or one in your cache)')
    .option('--force', 'set up again what is set up already')
    .optionsGroup('Output')
    .option('--dry-run', 'say what would be done, and do nothing; the pip command on standard output')
    .addOption(new Option('--json', 'what was set up, as JSON on standard output').conflicts('dryRun'))
    .option('--no-color', 'no colours')
    .option('--quiet', 'only warnings and errors on stderr')
    .option('--verbose', 'stacks of errors as well')
    .action(async (options) => {
      const { runSetupCuda } = await import('../run/setup.ts');
      await runSetupCuda(options);
    });
}
