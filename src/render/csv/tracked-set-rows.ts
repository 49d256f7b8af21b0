import type { ModelReport, Report, TrackedSetReport } from '../../report/schema.ts';
import { csvText } from './row.ts';
import type { Row } from './row.ts';

/** Which tokens each tracked set holds, and what it has in every row of the lens; the key is the number of the set. */
export function trackedSetRows({ settings, models }: Report): Row[] {
  const { trackedSets = [] } = settings;
  if (trackedSets.length === 0) return [];
  return [
    ...trackedSets.flatMap(memberRows),
    ...modelRows('base', models.base, trackedSets),
    ...(models.ft === undefined ? [] : modelRows('ft', models.ft, trackedSets)),
  ];
}

function memberRows({ name, tokens }: TrackedSetReport, index: number): Row[] {
  const [statistic, key] = ['settings.trackedSets', index + 1];
  return [
    { statistic: `${statistic}.name`, key, text: csvText(name) },
    ...tokens.map(({ id, text }) => ({ statistic: `${statistic}.tokens`, key, id, text: csvText(text) })),
  ];
}

function modelRows(model: 'base' | 'ft', { positions }: ModelReport, sets: readonly TrackedSetReport[]): Row[] {
  return positions.flatMap(({ position, layers }) =>
    layers.flatMap(({ layer, trackedSets = [] }) =>
      trackedSets.flatMap(({ prob, bestRank, bestId }, index) => {
        const place = { model, position, layer, key: index + 1 };
        const { name = '', tokens = [] } = sets[index] ?? {};
        const best = tokens.find(({ id }) => id === bestId)?.text ?? '';
        return [
          { ...place, statistic: 'trackedSets.prob', text: csvText(name), value: prob },
          { ...place, statistic: 'trackedSets.bestRank', id: bestId, text: csvText(best), value: bestRank },
        ];
      }),
    ),
  );
}
