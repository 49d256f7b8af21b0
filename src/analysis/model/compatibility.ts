import { inputError } from '../../errors.ts';
import type { Tokenizer } from '../tokenizer/types.ts';
import type { OpenModel } from './open-model.ts';
import type { ModelAndTokenizer } from './model-and-tokenizer.ts';

/** How an error speaks of what is compared. */
interface PairWords {
  /** `two models` */
  readonly pair: string;
  /** what to do about models of different shapes */
  readonly remedy: string;
}

const BASE_AND_FINE_TUNE: PairWords = {
  pair: 'two models',
  remedy: 'compare a fine-tune with the checkpoint that it was made from',
};

/**
 * Two models can be set side by side only when equal layers, tokens and experts mean the same in both.
 * @throws FtLensError (input) naming the first thing that differs
 */
export function requireComparable(
  base: ModelAndTokenizer,
  ft: ModelAndTokenizer,
  words: PairWords = BASE_AND_FINE_TUNE,
): void {
  requireSameShape(base.model, ft.model, words);
  requireSameVocabulary(base, ft);
}

function requireSameShape(base: OpenModel, ft: OpenModel, { pair, remedy }: PairWords): void {
  const inFt = shapeOf(ft);
  for (const [what, expected] of shapeOf(base)) {
    if (inFt.get(what) === expected) continue;
    throw inputError(`The ${pair} are not of one architecture.`, {
      where: ft.path,
      expected: `${what}: ${expected}, as in ${base.path}`,
      got: inFt.get(what),
      remedy,
    });
  }
}

function requireSameVocabulary(base: ModelAndTokenizer, ft: ModelAndTokenizer): void {
  const [a, b] = [base.tokenizer, ft.tokenizer];
  if (a === b || !a.vocabulary || !b.vocabulary || a.vocabulary.equals(b.vocabulary)) return;
  const id = firstDifference(a, b);
  const show = (tokenizer: Tokenizer): string => {
    if (id === undefined) return 'other merges';
    return id < tokenizer.size ? JSON.stringify(tokenizer.tokenText(id)) : 'no token';
  };
  throw inputError('The two models do not share a vocabulary.', {
    where: `${ft.model.path}, tokenizer.json${id === undefined ? '' : `, id ${id}`}`,
    expected: id === undefined ? `the merges of ${base.model.path}` : `${show(a)}, as in ${base.model.path}`,
    got: show(b),
    remedy: 'export both with the same tokenizer: equal ids would mean different words',
  });
}

function shapeOf({ anatomy, config }: OpenModel): Map<string, string> {
  const routers = anatomy.layers.map(({ router }) => (router ? `${router.topK} of ${router.experts}` : 'none'));
  return new Map([
    ['architecture', config.architecture],
    ['layers', String(anatomy.layers.length)],
    ['hidden size', String(anatomy.hiddenSize)],
    ['rows of the LM head', String(anatomy.vocabularySize)],
    ['experts used', [...new Set(routers)].join(', ')],
  ]);
}

/** The first id whose token differs; undefined when only the merges do */
function firstDifference(a: Tokenizer, b: Tokenizer): number | undefined {
  const size = Math.max(a.size, b.size);
  for (let id = 0; id < size; id += 1) if (a.tokenText(id) !== b.tokenText(id)) return id;
  return undefined;
}
