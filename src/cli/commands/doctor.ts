import type { Command } from '@commander-js/extra-typings';
import { helpConfiguration } from '../help.ts';
import { oneOf } from '../options.ts';

const HELP = {
  examples: [
    ['ft-lens doctor', 'what this machine can run, and what to do about what it cannot'],
    ['ft-lens doctor --deep', 'also read the demo pair, and compare the CUDA libraries with their hashes'],
    ['ft-lens doctor --device cuda --json', 'for a script: exit code 3 when CUDA cannot be used'],
  ],
  next: 'Next: ft-lens setup cuda, or ft-lens analyze "You are a fox."',
} as const;

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .summary('Say what this machine can run, and what to do about what it cannot.')
    .description(
      'Say what this machine can run: ✓ works, ✗ is broken, ! take note, - is not there (needed for other devices than the CPU only).',
    )
    .configureHelp(helpConfiguration(HELP))
    .option(
      '--device <device>',
      'the device that the exit code speaks of: auto, cpu, cuda or webgpu; auto is fine when the CPU is',
      oneOf('--device', ['auto', 'cpu', 'cuda', 'webgpu']),
      'auto',
    )
    .option('--deep', 'read the demo pair on that device as well, and hash the CUDA libraries')
    .option('--json', 'as JSON')
    .option('--no-color', 'no colours')
    .option('--quiet', 'no progress')
    .option('--verbose', 'stacks of errors as well')
    .action(async (options) => {
      const { runDoctor } = await import('../run/doctor.ts');
      await runDoctor(options);
    });
}
