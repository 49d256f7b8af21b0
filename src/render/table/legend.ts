import { thresholdWords } from '../../report/numbers.ts';
import type { Report } from '../../report/schema.ts';
import { activeHead, othersHead } from './layer-rows.ts';
import type { TableLayout } from './layout.ts';
import type { Reading } from './reading.ts';
import type { Style } from '../style.ts';
import { flow, wrap } from './wrap.ts';

/** What the marks of the layer table mean, and what it had no room for. */
export function legend({ sides, change, floor }: Reading, layout: TableLayout, report: Report, style: Style): string[] {
  const { glyphs, width } = style;
  const items = [`${glyphs.settled} settled: top-1 stays the final one`];
  if (change !== undefined) {
    items.push(`${glyphs.otherTop1} other top-1`, `${glyphs.differs} differs, same top-1`, `${glyphs.identical} equal`);
    if (floor !== undefined) items.push(`${glyphs.within} within the noise floor`);
  }
  if (layout.group.active) items.push(activeWords(report.settings.activeThreshold));
  if (layout.change?.bar) items.push(`${glyphs.distance}: square root of JS / ln 2`);
  if (layout.change?.rank) items.push('rank: of base top-1 in fine-tune / the reverse');
  if (layout.change?.experts) items.push(`exp: experts shared of ${sides[0].model.expertsPerToken}`);
  if (layout.change?.floor) items.push('floor: JS of rounding alone');
  return [...flow('', items, '   ', width), ...hiddenLines(layout, report, style)];
}

function activeWords(threshold: number): string {
  return `${activeHead(threshold)}: number of tokens above ${thresholdWords(threshold)}`;
}

function hiddenLines({ group, change }: TableLayout, { settings, models }: Report, { width }: Style): string[] {
  const hidden = [
    ...(group.active ? [] : ['active tokens']),
    ...(settings.topK > 1 && group.top === 0 && group.second === 'none' ? [othersHead(settings.topK)] : []),
    ...(change !== null && !change.rank ? ['ranks'] : []),
    ...(change !== null && !change.bar && models.base.experts > 0 ? ['experts'] : []),
  ];
  const where = change === null ? 'a wider terminal shows them' : '100 columns show them';
  return hidden.length === 0 ? [] : wrap('', `Not shown at this width: ${hidden.join(', ')} (${where}).`, width);
}
