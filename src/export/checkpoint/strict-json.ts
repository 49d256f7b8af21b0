import { inputError } from '../../errors.ts';
import { stringEnd } from '../../json-depth.ts';
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
  const duplicate = repeatedKey(text);
  if (duplicate !== undefined) {
    throw inputError('A key stands twice in one JSON object.', {
      where: file,
      expected: 'every key once',
      got: `${JSON.stringify(duplicate)} twice`,
    });
  }
  return value;
}

/** The first key that an object repeats. `text` is valid JSON. */
function repeatedKey(text: string): string | undefined {
  const open: (Set<string> | 'array')[] = [];
  let expectsKey = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') {
      const end = stringEnd(text, at);
      const keys = open.at(-1);
      if (expectsKey && keys instanceof Set) {
        const key = JSON.parse(text.slice(at, end + 1)) as string;
        if (keys.has(key)) return key;
        keys.add(key);
        expectsKey = false;
      }
      at = end;
    } else if (char === '{' || char === '[') {
      open.push(char === '{' ? new Set() : 'array');
      expectsKey = char === '{';
    } else if (char === '}' || char === ']') {
      open.pop();
      expectsKey = false;
    } else if (char === ',') {
      expectsKey = open.at(-1) !== 'array';
    }
  }
  return undefined;
}
