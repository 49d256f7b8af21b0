import { CommanderError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { PAGE_WIDTH } from './help.ts';
import { exitInterrupted, interruptSignal, outOfPatience } from './interrupt.ts';
import { createProgram } from './program.ts';
import { usesColour } from './terminal.ts';
import { usageErrorOf } from './usage-error.ts';

/** The border of the program: whatever fails becomes one block on stderr and an exit code. */
export async function runProgram(args: readonly string[]): Promise<void> {
  // A reader that has read enough, as `| head`, is how pipes end. Whoever writes hears of everything else.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const program = createProgram();
  try {
    interruptSignal.throwIfAborted();
    await Promise.race([program.parseAsync(args, { from: 'user' }), outOfPatience]);
  } catch (error) {
    const failure = failureOf(error, commandOf(args, program));
    if (failure === undefined) return;
    // What a command reports after an interruption is only a consequence of it.
    await report(interruptSignal.aborted ? interruptSignal.reason : failure, args, commandOf(args, program));
    // What still goes on would keep the process.
    if (interruptSignal.aborted) exitInterrupted();
  }
}

async function report(failure: unknown, args: readonly string[], command: string): Promise<void> {
  const { errorBlock, exitCodeOf } = await import('./error-block.ts');
  process.exitCode = exitCodeOf(failure);
  const block = errorBlock(failure, {
    colour: usesColour(process.stderr, process.env, args.includes('--no-color')),
    width: process.stderr.columns ?? PAGE_WIDTH,
    verbose: args.includes('--verbose'),
    help: `see ${command} --help`,
  });
  await new Promise((written) => process.stderr.write(block, written));
}

/** The command of a call with the names of its parents: `ft-lens setup cuda`. */
function commandOf(args: readonly string[], command: CommandUnknownOpts): string {
  const [name, ...rest] = args;
  const child = command.commands.find((each) => each.name() === name);
  return child === undefined ? command.name() : `${command.name()} ${commandOf(rest, child)}`;
}

/** `undefined` for what commander raises after it has printed help or version. */
function failureOf(error: unknown, command: string): unknown {
  if (!(error instanceof CommanderError)) return error;
  if (error.exitCode === 0) return undefined;
  // A call without a command: the help has been printed, to standard error.
  if (error.code === 'commander.help') {
    process.exitCode = 2;
    return undefined;
  }
  return usageErrorOf(error, command);
}
