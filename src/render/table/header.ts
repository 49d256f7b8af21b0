import { tokenCount } from '../../report/numbers.ts';
import type { Report } from '../../report/schema.ts';
import type { Reading } from './reading.ts';
import { floorRecipe } from '../floor-recipe.ts';
import type { Style } from '../style.ts';
import { displayWidth } from '../width.ts';
import { wrap } from './wrap.ts';

/** Columns of the words that open a line: `prompt   `. */
const LABEL_WIDTH = 9;
const SHORTEST_PROMPT = 12;

/** What was run, on what, and how it is to be read. */
export function header(report: Report, readings: readonly Reading[], style: Style): string[] {
  return [
    ...modelLines(report, style),
    ...floorLines(report, style),
    ...promptLines(report, readings, style),
    ...readingLines(report, readings, style),
  ];
}

function modelLines({ models, settings }: Report, style: Style): string[] {
  const { glyphs, palette, plain } = style;
  const { base, ft } = models;
  const names = [base, ...(ft === undefined ? [] : [ft])].map(({ name }) => plain(name)).join(` ${glyphs.arrow} `);
  const title = `ft-lens ${glyphs.dot} ${names}`;
  const shape = `${plain(base.architecture)}, ${base.layers} layers`;
  const experts = base.experts === 0 ? '' : `, ${base.expertsPerToken} of ${base.experts} experts`;
  const shortExperts = experts.replace(' of ', '/');
  const recipe = base.recipe === '' ? [] : plain(base.recipe).split(', ');
  const [wholeRecipe, firstOfRecipe] = [recipe, recipe.slice(0, 1)].map((parts) =>
    parts.map((part) => `, ${part}`).join(''),
  );
  const forms = [
    `${shape}${experts}${wholeRecipe}, ${settings.device}`,
    `${shape}${experts}${firstOfRecipe}, ${settings.device}`,
    `${shape}${shortExperts}${firstOfRecipe}, ${settings.device}`,
    `${shape}${shortExperts}, ${settings.device}`,
  ];
  const fitting = forms.find((form) => displayWidth(`${title}  ${form}`) <= style.width);
  if (fitting !== undefined) return [`${palette.bold(title)}  ${fitting}`];
  const indent = ' '.repeat(LABEL_WIDTH);
  return [...wrap('', title, style.width).map(palette.bold), ...wrap(indent, forms[0] ?? '', style.width)];
}

/** What noise is measured by. */
function floorLines(report: Report, { plain, width }: Style): string[] {
  const floor = report.comparison?.floor;
  if (floor === undefined) return [];
  return wrap('floor    ', `${plain(floor.name)}, the base with ${plain(floorRecipe(report))}`, width);
}

function promptLines(report: Report, readings: readonly Reading[], style: Style): string[] {
  const { tokens, chat, text } = report.prompt;
  const facts = `${tokenCount(tokens.length)}${chat ? ', chat template' : ''}, ${positionWords(report, readings, style)}`;
  const room = style.width - LABEL_WIDTH - 2;
  const beside = room - displayWidth(facts) - 2;
  if (beside >= Math.min(SHORTEST_PROMPT, displayWidth(style.quote(text)) - 2)) {
    return [`prompt   ${style.quote(text, beside)}  ${facts}`];
  }
  return [`prompt   ${style.quote(text, room)}`, ...wrap(' '.repeat(LABEL_WIDTH), facts, style.width)];
}

const LISTED_POSITIONS = 8;

function positionWords({ prompt }: Report, readings: readonly Reading[], { token, glyphs, ascii }: Style): string {
  const [first] = readings;
  if (first === undefined) return 'read nowhere';
  if (readings.length > 1) {
    const listed = readings.slice(0, LISTED_POSITIONS).map(({ position }) => position);
    const more = readings.length > LISTED_POSITIONS ? `, ${glyphs.ellipsis}` : '';
    return `read at ${readings.length} positions: ${listed.join(', ')}${more}`;
  }
  const text = token(prompt.tokens[first.position]?.text ?? '');
  return `read at position ${first.position} ${ascii ? text : `"${text}"`}`;
}

function readingLines({ settings }: Report, readings: readonly Reading[], style: Style): string[] {
  const { ascii, palette, width } = style;
  const marks = ascii ? ['tokens as JSON strings'] : ['· is a space, ⏎ a newline', '· space, ⏎ newline'];
  const compares = readings.some(({ change }) => change !== undefined);
  const units = [compares ? 'H and JS in nats' : 'H in nats', 'nats'];
  if (settings.norm === 'none') {
    const warning = "LM head WITHOUT the final norm (--norm none): rows are not the model's predictions;";
    return wrap('reading  ', `${warning} ${units[0]}; ${marks[0]}`, width).map(palette.bold);
  }
  const how = 'final norm + LM head on every layer';
  const forms = units.map((unit, index) => `reading  ${how}; ${unit}; ${marks[index] ?? marks[0]}`);
  const fitting = forms.find((form) => displayWidth(form) <= width);
  return fitting === undefined ? wrap('reading  ', (forms[1] ?? '').slice(LABEL_WIDTH), width) : [fitting];
}
