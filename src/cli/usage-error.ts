import type { CommanderError } from '@commander-js/extra-typings';
import { usageError } from '../errors.ts';

interface Complaint {
  readonly sentence: string;
  readonly expected: string;
  readonly got?: string;
}

/** What commander finds wrong, by its code. */
const COMPLAINTS: ReadonlyMap<string, Complaint> = new Map([
  [
    'commander.unknownOption',
    { sentence: 'This option is not known.', expected: 'an option of this command', got: 'no such option' },
  ],
  [
    'commander.unknownCommand',
    { sentence: 'This command is not known.', expected: 'a command of ft-lens', got: 'no such command' },
  ],
  ['commander.missingArgument', { sentence: 'An argument is missing.', expected: 'this argument', got: 'none' }],
  [
    'commander.missingMandatoryOptionValue',
    { sentence: 'An option is missing that this command needs.', expected: 'this option with a value', got: 'none' },
  ],
  ['commander.optionMissingArgument', { sentence: 'An option has no value.', expected: 'a value', got: 'none' }],
  ['commander.conflictingOption', { sentence: 'These options exclude each other.', expected: 'one of them' }],
]);

/** commander's complaint as a usage error: what it quotes is the place, its suggestion becomes what to do. */
export function usageErrorOf(error: CommanderError, command: string): Error {
  const [problem = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const complaint = COMPLAINTS.get(error.code);
  const nearest = /Did you mean (?:one of )?(.+)\?\)/.exec(suggestion ?? '')?.[1];
  const help = `${command} --help`;
  const quoted = [...problem.matchAll(/'([^']+)'/g)].map(([, text]) => text).join(' ');
  return usageError(complaint?.sentence ?? 'This call is not understood.', {
    where: (complaint && quoted) || problem,
    expected: complaint?.expected,
    got: complaint?.got,
    remedy: nearest === undefined ? `see ${help}` : `did you mean ${nearest}?  (${help} lists all)`,
    cause: error,
  });
}
