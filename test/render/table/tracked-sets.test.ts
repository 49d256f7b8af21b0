import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { renderTable } from '../../../src/render/table.ts';
import type { TableView } from '../../../src/render/table.ts';
import { HOSTILE_TOKENS } from '../hostile-tokens.ts';
import { sampleIdentical, samplePair, sampleSingle } from '../sample-report.ts';
import { withSets } from '../with-sets.ts';

const VIEW: TableView = { width: 100, colour: 0, ascii: false, accessible: false, layers: 'fold', terminal: false };

function setsOf(text: string): string {
  return text.slice(text.indexOf('\nSets ') + 1, text.indexOf('\nChecks') - 1);
}

describe('tracked sets', () => {
  it.each([60, 80, 100, 160])('at %i columns', async (width) => {
    const text = setsOf(renderTable(withSets(samplePair()), { ...VIEW, width }));
    await expect(text).toMatchFileSnapshot(`../snapshots/tracked-sets-${width}.txt`);
  });

  it('are one curve for one model, and for two that are identical', () => {
    expect(setsOf(renderTable(withSets(sampleSingle()), VIEW)).match(/^ {2}model /gm)).toHaveLength(2);
    expect(setsOf(renderTable(withSets(sampleIdentical()), VIEW)).match(/^ {2}both /gm)).toHaveLength(2);
  });

  it('say the last and the largest probability and the best token', () => {
    const text = setsOf(renderTable(withSets(samplePair()), { ...VIEW, width: 160 }));
    // 48/49 to the third power in base, squared in the fine-tune.
    expect(text).toMatch(/^ {2}base +\S{49} {2}last 94\.0% \(1 " me"\), most 94\.0% in L-48$/m);
    expect(text).toMatch(/^ {2}ft +\S{49} {2}last 96\.0% \(1 " me"\), most 96\.0% in L-48$/m);
  });

  it('are sentences for screen readers', () => {
    const text = renderTable(withSets(samplePair()), { ...VIEW, accessible: true });
    expect(text).toContain(
      'Tracked set " me", 3 tokens, fine-tune: 96.0 percent in the last layer, most 96.0 percent in L-48. Its best token there is " me", rank 1.\n',
    );
  });

  it.each([40, 60, 80, 100])('with hostile names and tokens stay text within %i columns', (width) => {
    const hostile = withSets(
      samplePair(),
      HOSTILE_TOKENS.map((text) => ({ name: text, tokens: [text, ...HOSTILE_TOKENS.slice(0, 3)] })),
    );
    for (const view of [VIEW, { ...VIEW, ascii: true }]) {
      const text = setsOf(renderTable(hostile, { ...view, width }));
      expect(text.replaceAll(/[\n\u2068\u2069]/g, '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u);
      for (const line of text.split('\n')) expect(stringWidth(line), line).toBeLessThanOrEqual(width);
    }
    const spoken = renderTable(hostile, { ...VIEW, accessible: true });
    expect(spoken.replaceAll(/[\n\u2068\u2069]/g, '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u);
  });
});
