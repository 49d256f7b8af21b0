#!/usr/bin/env node
import { CommanderError } from '@commander-js/extra-typings';
import { PAGE_WIDTH } from './help.ts';
import { handleInterrupts, interruptSignal } from './interrupt.ts';
import { createProgram } from './program.ts';
import { usesColour } from './terminal.ts';
import { usageErrorOf } from './usage-error.ts';

// A reader that has read enough, as `| head`, is how pipes end. Whoever writes hears of everything else.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

handleInterrupts();
await main(process.argv.slice(2));

/** The border of the program: whatever fails becomes one block on stderr and an exit code. */
async function main(args: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync(args, { from: 'user' });
  } catch (error) {
    const failure = failureOf(error, args);
    if (failure === undefined) return;
    // What a command reports after an interruption is only a consequence of it.
    const shown: unknown = interruptSignal.aborted ? interruptSignal.reason : failure;
    const { errorBlock, exitCodeOf } = await import('./error-block.ts');
    process.exitCode = exitCodeOf(shown);
    process.stderr.write(
      errorBlock(shown, {
        colour: usesColour(process.stderr, process.env, args.includes('--no-color')),
        width: process.stderr.columns ?? PAGE_WIDTH,
        verbose: args.includes('--verbose'),
      }),
    );
  }
}

/** `undefined` for what commander raises after it has printed help or version. */
function failureOf(error: unknown, args: readonly string[]): unknown {
  if (!(error instanceof CommanderError)) return error;
  if (error.exitCode === 0) return undefined;
  // A call without a command: the help has been printed, to standard error.
  if (error.code === 'commander.help') {
    process.exitCode = 2;
    return undefined;
  }
  const command = args[0] === undefined || args[0].startsWith('-') ? 'ft-lens' : `ft-lens ${args[0]}`;
  return usageErrorOf(error, error.code === 'commander.unknownCommand' ? 'ft-lens' : command);
}
