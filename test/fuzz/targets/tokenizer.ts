import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { bytesOfPiece, textOfBytes } from '../../../src/analysis/tokenizer/byte-level.ts';
import type { Vocabulary } from '../../../src/analysis/tokenizer/vocabulary.ts';
import { tokenizerOf } from '../../helpers/tokenizer.ts';
import { editedBytes } from '../edits/bytes.ts';
import { editedJson } from '../edits/json.ts';
import type { FuzzTarget } from '../target.ts';
import { utf8 } from './folder.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`../../fixtures/tiny-published/${name}`, import.meta.url), 'utf8');
const tokenizer = fixture('tokenizer.json');
const config = fixture('tokenizer_config.json');
const template =
  "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content | trim }}{% if loop.last %}!{% endif %}{% endfor %}";

/** Reads a tokenizer as main thread and tokenizer thread do, and uses it. */
function useTokenizer(files: { tokenizer?: string; config?: string; chatTemplate?: string }): void {
  const { vocabulary, sources, ...open } = tokenizerOf({ tokenizer, config, ...files });
  vocabulary.idsOf(' fox');
  const ids = open.encode('You are a fox. \u{1F98A} \n', true);
  for (const id of ids) vocabulary.text(id);
  if (sources.template !== undefined) open.applyChatTemplate({ system: 'be brief', user: 'hi' });
  open.check();
  if (files.tokenizer !== undefined) requireSameVocabulary(vocabulary, files.tokenizer);
}

/** The vocabulary is read without JSON.parse, which has to find the same in it. */
function requireSameVocabulary(vocabulary: Vocabulary, text: string): void {
  const { model, added_tokens: added = [] } = JSON.parse(text) as {
    model: { vocab: Record<string, number> };
    added_tokens?: { id: number; content: string }[];
  };
  const literal = new Map(added.map(({ id, content }) => [id, content]));
  for (const [piece, id] of Object.entries(model.vocab)) {
    const bytes = bytesOfPiece(piece);
    const expected = literal.get(id) ?? (bytes === undefined ? piece : textOfBytes(bytes));
    if (vocabulary.text(id) !== expected) throw new Error(`Token ${id} is ${vocabulary.text(id)}, not ${expected}.`);
  }
  const ids = new Set([...Object.values(model.vocab), ...literal.keys()]);
  for (let id = 0; id < vocabulary.size; id += 1)
    if ((vocabulary.text(id) !== undefined) !== ids.has(id)) throw new Error(`Token ${id} is there only once.`);
}

const text = (file: Uint8Array): string => new TextDecoder().decode(file);

export const tokenizerTargets: readonly FuzzTarget[] = [
  {
    name: 'tokenizer',
    valid: [utf8(tokenizer)],
    damaged: fc.oneof(editedJson(tokenizer).map(utf8), editedBytes(utf8(tokenizer))),
    read(file) {
      // The library tells what it does not know; the tokenizer thread lets nothing of that out.
      const { warn } = console;
      console.warn = () => undefined;
      try {
        useTokenizer({ tokenizer: text(file) });
      } finally {
        console.warn = warn;
      }
    },
  },
  {
    name: 'tokenizer-config',
    valid: [utf8(config)],
    damaged: fc.oneof(editedJson(config).map(utf8), editedBytes(utf8(config))),
    read: (file) => useTokenizer({ config: text(file) }),
  },
  {
    name: 'chat-template',
    valid: [utf8(template)],
    damaged: editedBytes(utf8(template)),
    read: (file) => useTokenizer({ chatTemplate: text(file) }),
  },
];
