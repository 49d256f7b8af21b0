import type { CommanderError } from '@commander-js/extra-typings';
import { usageError } from '../errors.ts';

/** Sentences for what commander finds wrong, by its code. */
const SENTENCES = new Map([
  ['commander.unknownOption', 'This option is not known.'],
  ['commander.unknownCommand', 'This command is not known.'],
  ['commander.missingArgument', 'An argument is missing.'],
  ['commander.missingMandatoryOptionValue', 'An option is missing that this command needs.'],
  ['commander.optionMissingArgument', 'An option has no value.'],
  ['commander.conflictingOption', 'These options exclude each other.'],
]);

/** commander's complaint as a usage error: what it quotes is the place, its suggestion becomes what to do. */
export function usageErrorOf(error: CommanderError, command: string): Error {
  const [problem = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const sentence = SENTENCES.get(error.code);
  const nearest = /Did you mean (?:one of )?(.+)\?\)/.exec(suggestion ?? '')?.[1];
  const help = `${command} --help`;
  const quoted = [...problem.matchAll(/'([^']+)'/g)].map(([, text]) => text).join(' ');
  return usageError(sentence ?? 'This call is not understood.', {
    where: (sentence && quoted) || problem,
    remedy: nearest === undefined ? `see ${help}` : `did you mean ${nearest}?  (${help} lists all)`,
    cause: error,
  });
}
