import { element, shape } from './dom.ts';
import type { PageReport } from './report.ts';

export interface Series {
  readonly name: string;
  readonly kind: 'base' | 'ft' | 'bars' | 'floor';
  readonly values: readonly (number | null)[];
}

export interface Chart {
  readonly title: string;
  /** the upper end of its axis; the lower is 0 */
  readonly high: number;
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
}

/** What a series looks like, in the caption. */
const KEYS: Readonly<Record<Series['kind'], string>> = { base: '─', ft: '╌', bars: '▮', floor: '┄' };

const HEIGHT = 130;
const LEFT = 36;
const BOTTOM = 18;
const TOP = 8;

/** A chart over the layers, and a function that moves its band to another layer. */
export function drawChart(
  { title, high, series, format }: Chart,
  report: PageReport,
  width: number,
  choose: (row: number) => void,
): { figure: HTMLElement; select: (row: number) => void } {
  const plot = { width: width - LEFT - 4, height: HEIGHT - TOP - BOTTOM };
  const x = (row: number): number => LEFT + ((row + 0.5) / report.rows) * plot.width;
  const y = (value: number): number => TOP + (1 - value / high) * plot.height;
  const band = shape('rect', {
    class: 'band',
    y: TOP,
    height: plot.height,
    width: Math.max(2, plot.width / report.rows),
  });
  const drawing = shape(
    'svg',
    { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: 'img', 'aria-label': `${title} by layer` },
    band,
  );
  drawing.append(...axes(report, high, x, y, width));
  for (const { kind, values } of series)
    drawing.append(kind === 'bars' ? bars(values, x, y, plot.width / report.rows) : line(kind, values, x, y));
  drawing.addEventListener('click', ({ clientX }) => {
    const offset = clientX - drawing.getBoundingClientRect().left - LEFT;
    choose(Math.min(report.rows - 1, Math.max(0, Math.floor((offset / plot.width) * report.rows))));
  });
  const reading = element('span', { class: 'muted' });
  const names =
    series.length > 1 ? series.map(({ name, kind }) => element('span', { class: kind }, ` ${KEYS[kind]} ${name}`)) : [];
  const caption = element('figcaption', {}, element('b', {}, title), ...names, reading);
  return {
    figure: element('figure', {}, caption, drawing),
    select: (row) => {
      band.setAttribute('x', String(LEFT + (row / report.rows) * plot.width));
      reading.textContent = `${report.layer(row)}: ${series.map(({ values }) => (values[row] === null ? '' : format(values[row] ?? 0))).join(' | ')}`;
    },
  };
}

function axes(
  report: PageReport,
  high: number,
  x: (row: number) => number,
  y: (value: number) => number,
  width: number,
): SVGElement[] {
  const ticks: SVGElement[] = [];
  const every = Math.max(1, 2 ** Math.ceil(Math.log2((report.rows * 26) / (width - LEFT))));
  for (let row = 0; row < report.rows; row += every) {
    ticks.push(
      shape('text', { class: 'tick', x: x(row), y: HEIGHT - 4, 'text-anchor': 'middle' }, report.shortLayer(row)),
    );
  }
  for (const value of [0, high / 2, high]) {
    ticks.push(shape('line', { class: 'rule', x1: LEFT, x2: width - 4, y1: y(value), y2: y(value) }));
    ticks.push(
      shape(
        'text',
        { class: 'tick', x: LEFT - 5, y: y(value) + 3.5, 'text-anchor': 'end' },
        value.toFixed(high < 10 ? 1 : 0),
      ),
    );
  }
  return ticks;
}

function line(
  kind: string,
  values: readonly (number | null)[],
  x: (row: number) => number,
  y: (value: number) => number,
): SVGElement {
  const points = values.flatMap((value, row) =>
    value === null ? [] : [`${x(row).toFixed(1)},${y(value).toFixed(1)}`],
  );
  return shape('polyline', { class: `line ${kind}`, points: points.join(' ') });
}

function bars(
  values: readonly (number | null)[],
  x: (row: number) => number,
  y: (value: number) => number,
  room: number,
): SVGElement {
  const width = Math.max(1, room - 1);
  const rectangles = values.map((value, row) =>
    shape('rect', { x: x(row) - width / 2, width, y: y(value ?? 0), height: Math.max(0, y(0) - y(value ?? 0)) }),
  );
  return shape('g', { class: 'bars' }, ...rectangles);
}
