import type { Check } from '../../report/schema.ts';
import type { OpenModel } from '../model/open-model.ts';
import type { ModelAndTokenizer } from '../model/model-and-tokenizer.ts';
import type { PreparedPrompt } from '../prompt/prepare-prompt.ts';
import type { Tokenizer } from '../tokenizer/types.ts';

/** Self-checks of two models side by side, known before either runs. */
export function pairChecks(base: ModelAndTokenizer, ft: ModelAndTokenizer, prompt: PreparedPrompt): Check[] {
  return [checkVocabulary(base.tokenizer, ft.tokenizer), checkTokens(prompt), checkRecipe(base.model, ft.model)];
}

/** Vocabularies that differ never get this far: they are an error. */
function checkVocabulary(base: Tokenizer, ft: Tokenizer): Check {
  const known = base.vocabulary !== undefined && ft.vocabulary !== undefined;
  return {
    id: 'same-vocabulary',
    model: 'both',
    status: known ? 'pass' : 'warn',
    message: known
      ? 'Both models have the same tokens under the same ids.'
      : 'A model folder holds no tokenizer: it cannot be told whether equal ids mean equal tokens.',
  };
}

function checkTokens(prompt: PreparedPrompt): Check {
  const problem = tokenProblem(prompt);
  return {
    id: 'same-tokens',
    model: 'both',
    status: problem === undefined ? 'pass' : 'warn',
    message: problem ?? 'Both models read the same token ids.',
  };
}

function tokenProblem({ ofFt: own, ftLacksTemplate, ...prompt }: PreparedPrompt): string | undefined {
  if (ftLacksTemplate)
    return 'The fine-tune has no chat template; both models read this prompt as the template of the base writes it.';
  if (own === undefined) return undefined;
  if (own.text !== prompt.text)
    return 'The chat template of the fine-tune writes this prompt differently; both models read it as the base writes it.';
  if (own.ids.length !== prompt.ids.length || own.ids.some((id, i) => id !== prompt.ids[i]))
    return 'The tokenizer of the fine-tune cuts this prompt into other tokens; both models read those of the base.';
  return undefined;
}

function checkRecipe(base: OpenModel, ft: OpenModel): Check {
  const same = base.recipe === ft.recipe;
  return {
    id: 'same-recipe',
    model: 'both',
    status: same ? 'pass' : 'warn',
    message: same
      ? `The weights of both models are stored in the same way: ${base.recipe}.`
      : `THE WEIGHTS ARE NOT STORED IN THE SAME WAY: base ${base.recipe}; fine-tune ${ft.recipe}. Part of every difference comes from rounding, not from training.`,
  };
}
