import { magnitude } from '../../report/numbers.ts';
import type { Check } from '../../report/schema.ts';
import type { Style } from '../style.ts';
import { pad } from '../width.ts';
import { flow, wrap } from './wrap.ts';

const LABEL = 'Checks    ';

/** Short names of the checks that every run makes; any other is named by its id. */
const NAMES: ReadonlyMap<string, string> = new Map([['last-row-is-model-output', 'last row = model logits']]);

const MODEL_NAMES = { base: 'base', ft: 'fine-tune', both: 'both', floor: 'floor' } as const;

/** A failed check opens the output. */
export function failedCheckLines(checks: readonly Check[], { glyphs, palette, plain, width }: Style): string[] {
  return checks
    .filter(({ status }) => status === 'fail')
    .flatMap((check) =>
      wrap(`${palette.bad(palette.bold(`${glyphs.fail} CHECK FAILED`))}  `, problem(check, plain), width),
    );
}

/** All checks: what passed by name, what did not with its message. */
export function checkLines(all: readonly Check[], style: Style): string[] {
  const { glyphs, palette, width } = style;
  if (all.length === 0) return [];
  const passed = passedItems(all, style);
  const lines = passed.length === 0 ? [] : flow(LABEL, passed, '   ', width);
  for (const check of all.filter(({ status }) => status !== 'pass')) {
    const mark = check.status === 'fail' ? palette.bad(glyphs.fail) : glyphs.warn;
    const head = `${lines.length === 0 ? LABEL : pad('', LABEL.length)}${mark} `;
    lines.push(...wrap(head, problem(check, style.plain), width));
  }
  return lines;
}

/** One item a kind of check that passed, with the largest of its deviations. */
function passedItems(all: readonly Check[], { glyphs, palette, plain }: Style): string[] {
  const ids = new Set(all.map(({ id }) => id));
  return [...ids].flatMap((id) => {
    const group = all.filter((check) => check.id === id);
    const passed = group.filter(({ status }) => status === 'pass');
    if (passed.length === 0) return [];
    const values = passed.flatMap(({ value, limit }) =>
      value !== undefined && limit !== undefined && value <= limit ? [value] : [],
    );
    const value = values.length === 0 ? '' : ` (${magnitude(Math.max(...values))})`;
    const where = passed.length === group.length ? '' : `, ${passed.map(({ model }) => MODEL_NAMES[model]).join(', ')}`;
    return `${palette.good(glyphs.pass)} ${NAMES.get(id) ?? plain(id).replaceAll('-', ' ')}${where}${value}`;
  });
}

/** `base: The last row is … (0.31, limit 1e-4).` */
function problem({ model, message, value, limit }: Check, plain: (text: string) => string): string {
  const who = model === 'both' ? '' : `${MODEL_NAMES[model]}: `;
  const bound = limit === undefined ? '' : `, limit ${magnitude(limit)}`;
  const measured = value === undefined ? '' : ` (${magnitude(value)}${bound})`;
  return `${who}${plain(message).replace(/\.$/, '')}${measured}.`;
}
