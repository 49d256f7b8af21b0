import { inputError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { withinTime } from '../../within-time.ts';
import type { ModulePattern } from './adapter-config.ts';

/** Regular expressions that mean the same in Python and in JavaScript: no look-around, flags or named groups. */
const SHARED_SYNTAX = /^(?:\\[.\-dwsDWS]|\(\?:|\((?!\?)|\{(?!,)|[\w.*+?|)[\]},^$:=!-])*$/;

/**
 * The value of the first pattern that matches each module, as PEFT's get_pattern_key finds it: re.match of
 * `(.*\.)?(PATTERN)$`. The patterns come from a file and may need exponential time, so all are matched under one limit.
 * @returns one entry per module; undefined where no pattern matches
 * @throws FtLensError (input)
 */
export function matchPatterns(
  patterns: readonly ModulePattern[],
  modules: readonly string[],
  file: string,
): (number | undefined)[] {
  if (patterns.length === 0) return modules.map(() => undefined);
  const expressions = patterns.map(([pattern]) => toJavaScript(pattern, file));
  const firstMatches = withinTime(
    LIMITS.patternMatchMs,
    () => modules.map((module) => expressions.findIndex((expression) => expression.test(module))),
    (cause) =>
      inputError('The patterns of this adapter take too long to match.', {
        where: file,
        expected: `at most ${LIMITS.patternMatchMs} ms`,
        remedy: 'simplify the keys of rank_pattern and alpha_pattern',
        cause,
      }),
  );
  return firstMatches.map((index) => patterns[index]?.[1]);
}

function toJavaScript(pattern: string, file: string): RegExp {
  try {
    if (!SHARED_SYNTAX.test(pattern)) throw new SyntaxError('syntax that only Python has');
    return new RegExp(`^(?:.*\\.)?(?:${pattern})$`);
  } catch (cause) {
    throw inputError('A pattern of this adapter cannot be read.', {
      where: file,
      expected: 'a module name, or a plain regular expression',
      got: JSON.stringify(pattern.slice(0, 200)),
      cause,
    });
  }
}
