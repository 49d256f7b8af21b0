import { inputError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { decodeUtf8, parseJson } from '../../read-text-file.ts';

/**
 * JSON from a file's bytes: strict UTF-8, no duplicate keys (JSON.parse would keep the last one in silence, so that two
 * readers could see two files in one), bounded depth.
 * @param file what an error says it was reading
 * @throws FtLensError (input)
 */
export function parseStrictJson(bytes: Uint8Array, file: string): unknown {
  const text = decodeUtf8(bytes, file);
  const value = parseJson(text, file);
  const { duplicate, depth } = scanJson(text);
  if (depth > LIMITS.jsonDepth) {
    throw inputError('This JSON is nested too deeply.', {
      where: file,
      expected: `at most ${LIMITS.jsonDepth} levels`,
      got: `${depth} levels`,
    });
  }
  if (duplicate !== undefined) {
    throw inputError('A key stands twice in one JSON object.', {
      where: file,
      expected: 'every key once',
      got: `${JSON.stringify(duplicate)} twice`,
    });
  }
  return value;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The first key that an object repeats, and the deepest nesting. `text` is valid JSON. */
function scanJson(text: string): { duplicate: string | undefined; depth: number } {
  const open: (Set<string> | 'array')[] = [];
  let depth = 0;
  let expectsKey = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') {
      const end = stringEnd(text, at);
      const keys = open.at(-1);
      if (expectsKey && keys instanceof Set) {
        const key = JSON.parse(text.slice(at, end + 1)) as string;
        if (keys.has(key)) return { duplicate: key, depth };
        keys.add(key);
        expectsKey = false;
      }
      at = end;
    } else if (char === '{' || char === '[') {
      open.push(char === '{' ? new Set() : 'array');
      depth = Math.max(depth, open.length);
      expectsKey = char === '{';
    } else if (char === '}' || char === ']') {
      open.pop();
      expectsKey = false;
    } else if (char === ',') {
      expectsKey = open.at(-1) !== 'array';
    }
  }
  return { duplicate: undefined, depth };
}

/** Index of the quote that ends the string whose opening quote is at `start`. */
function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}
