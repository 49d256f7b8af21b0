import type { Report } from '../report/schema.ts';

/** In what the noise floor is stored differently from the base: the parts of its recipe that the base does not share. */
export function floorRecipe({ models, comparison }: Report): string {
  const shared = new Set(models.base.recipe.split(', '));
  const own = (comparison?.floor?.recipe ?? '').split(', ').filter((part) => !shared.has(part));
  return own.length === 0 ? 'another rounding' : own.join(', ');
}
