import * as fc from 'fast-check';

/** Values as they stand in a file, so that they may be what JSON.stringify never writes. */
const VALUES: readonly string[] = [
  '0',
  '-0',
  '-1',
  '1',
  '1.5',
  '2147483648',
  '4294967296',
  '9007199254740993',
  '4611686018427387904',
  '1e15',
  '1e400',
  '-1e400',
  '1e-400',
  '1e308',
  'null',
  'true',
  'false',
  '[]',
  '{}',
  '""',
  '[[]]',
  '[null]',
  '[0]',
  '[-1, 2]',
  '".."',
  '"../../../etc/passwd"',
  '"/etc/passwd"',
  '"a/b"',
  '"a\\\\b"',
  '"a\\u0000b"',
  '"."',
  '"model.safetensors"',
  '"\\u001b[31mred"',
  '"\\u001b]0;title\\u0007"',
  '"\\u009b31m"',
  '"\\u202emoc"',
  '"\\u2028"',
  '"\\ud800"',
  '"=1+1"',
  '"constructor"',
  '"__proto__"',
  '"toString"',
  '"F32"',
  '"BF16"',
  '"I64"',
  '"(a+)+$"',
  '"(((((.*)*)*)*)*)*x"',
  '"[a"',
  '{"__proto__": {"polluted": true}}',
  '{"constructor": {"prototype": {"polluted": true}}}',
  `"${'long '.repeat(1_000)}"`,
  `[${'0,'.repeat(2_000)}0]`,
  `${'['.repeat(100)}${']'.repeat(100)}`,
  `${'{"a":'.repeat(70)}0${'}'.repeat(70)}`,
];

const KEYS: readonly string[] = [
  '__proto__',
  'constructor',
  'toString',
  '',
  'length',
  '\u001b[2J',
  '../x',
  'x'.repeat(2_000),
].map((key) => JSON.stringify(key));

/** A value in a JSON text: characters [start, end); with its key, if it has one, from `memberStart` on. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly memberStart: number;
}

type JsonEdit =
  | { readonly kind: 'replace'; readonly value: number; readonly by: string }
  | { readonly kind: 'copy'; readonly value: number; readonly from: number }
  | { readonly kind: 'remove' | 'double'; readonly value: number }
  | { readonly kind: 'rename'; readonly value: number; readonly key: string }
  | { readonly kind: 'add'; readonly value: number; readonly by: string };

const value = fc.nat(2 ** 31 - 1);
const anyNumber = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true }).map((n) => JSON.stringify(n)),
);
const nasty = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...VALUES) },
  { weight: 1, arbitrary: anyNumber },
  { weight: 1, arbitrary: fc.json({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }).map((text) => JSON.stringify(text)) },
);

const jsonEdit: fc.Arbitrary<JsonEdit> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('replace' as const), value, by: nasty }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('copy' as const), value, from: value }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('remove' as const, 'double' as const), value }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rename' as const), value, key: fc.constantFrom(...KEYS) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('add' as const), value, by: nasty }) },
);

/** A JSON text with one to four values replaced, moved, doubled or taken away. It is JSON still, or nearly. */
export function editedJson(seed: string): fc.Arbitrary<string> {
  return fc.array(jsonEdit, { minLength: 1, maxLength: 4 }).map((edits) => edits.reduce(applyEdit, seed));
}

function applyEdit(text: string, edit: JsonEdit): string {
  const spans = valuesOf(text);
  const target = spans[edit.value % spans.length];
  if (target === undefined) return text;
  const { start, end, memberStart } = target;
  const put = (from: number, to: number, by: string): string => text.slice(0, from) + by + text.slice(to);
  switch (edit.kind) {
    case 'replace':
      return put(start, end, edit.by);
    case 'copy': {
      const from = spans[edit.from % spans.length] ?? target;
      return put(start, end, text.slice(from.start, from.end));
    }
    case 'remove': {
      const after = /^\s*,/.exec(text.slice(end));
      return put(memberStart, end + (after?.[0].length ?? 0), '');
    }
    case 'double':
      return put(end, end, `,${text.slice(memberStart, end)}`);
    case 'rename':
      return memberStart === start ? text : put(memberStart, start, `${edit.key}:`);
    case 'add':
      return put(memberStart, memberStart, memberStart === start ? `${edit.by},` : `${KEYS[0]}:${edit.by},`);
  }
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/gs;

/** Every value of a JSON text, outer ones too. Damaged texts give what can be made out. */
function valuesOf(text: string): Span[] {
  const spans: Span[] = [];
  const open: { start: number; memberStart: number }[] = [];
  let key: { start: number; end: number } | undefined;
  let last: { start: number; end: number } | undefined;
  for (const match of text.matchAll(TOKEN)) {
    const start = match.index;
    const end = start + match[0].length;
    const memberStart = key?.start ?? start;
    switch (match[0]) {
      case '{':
      case '[':
        open.push({ start, memberStart });
        key = undefined;
        break;
      case '}':
      case ']': {
        const opened = open.pop();
        if (opened) spans.push({ ...opened, end });
        key = undefined;
        break;
      }
      case ':':
        // What looked like a value is the key of the next one.
        if (last && spans.at(-1)?.start === last.start) spans.pop();
        key = last;
        break;
      case ',':
        key = undefined;
        break;
      default:
        spans.push({ start, end, memberStart });
        last = { start, end };
        key = undefined;
    }
  }
  return spans;
}
