import { judgement, writerLabel } from '../../report/generation-words.ts';
import { layerName, percent } from '../../report/numbers.ts';
import type { ContinuationReport, PositionReport, WrittenToken } from '../../report/schema.ts';
import { settles } from '../../report/verdict.ts';
import type { Style } from '../style.ts';
import { cut, displayWidth, pad } from '../width.ts';
import { BORDER_WIDTH } from './grid.ts';
import { longCount } from './layer-rows.ts';
import type { Block } from './side-by-side.ts';
import { fitToken, labelTokens, tokenCell, type TokenLabels } from './token-cells.ts';

/** Columns of a percentage, of a layer's name and of a rank. */
const CELL_WIDTH = 5;
const LEAST_TOKEN = 8;
const LONGEST_TOKEN = 24;
/** From this width on there is room for the layer from which a token stays the top one. */
export const WIDE = 100;

/** One line of a list; what is empty takes no room where no line has it. */
interface Line {
  readonly number: string;
  readonly mark: string;
  /** as wide as its column */
  readonly token: string;
  readonly prob: string;
  readonly settled: string;
  readonly otherProb: string;
  readonly otherRank: string;
}

interface Columns {
  readonly number: number;
  readonly token: number;
  readonly settled: boolean;
  readonly judged: boolean;
}

/** The tokens of each continuation as a list, with their numbers under both models. */
export function writtenTokens(
  continuations: readonly ContinuationReport[],
  firstDifference: number | null,
  style: Style,
): Block[] {
  const labels = labelTokens(
    continuations.flatMap(({ tokens }) => tokens),
    style,
  );
  const columns = columnsOf(continuations, labels, style);
  return continuations.map((continuation) => {
    const { by, tokens, models } = continuation;
    const { glyphs, palette } = style;
    const positions = (by === 'ft' ? models.ft : models.base)?.positions ?? [];
    const heading = headingOf(continuation, columns, style);
    const lines = tokens.map((token, i) => {
      const line = lineText(
        {
          number: String(i + 1),
          mark: i === firstDifference ? glyphs.otherTop1 : ' ',
          token: tokenCell(token, labels, columns.token, style),
          ...numbersOf(token, by, positions[i]),
        },
        columns,
      );
      return (judgement(token, by)?.rank ?? 1) > 1 ? palette.bold(line) : line;
    });
    return {
      width: displayWidth(heading),
      lines: [by === 'ft' ? palette.ft(heading) : palette.base(heading), ...lines],
    };
  });
}

function columnsOf(continuations: readonly ContinuationReport[], labels: TokenLabels, style: Style): Columns {
  const tokens = continuations.flatMap((continuation) => continuation.tokens);
  const longest = Math.max(
    LEAST_TOKEN,
    ...continuations.map((continuation) => headOf(continuation).length),
    ...tokens.map((token) => displayWidth(fitToken(token, labels, LONGEST_TOKEN, style))),
  );
  const number = String(Math.max(...continuations.map((continuation) => continuation.tokens.length))).length;
  const settled = style.width >= WIDE;
  const judged = continuations.some(({ models }) => models.ft !== undefined);
  const cells = 1 + (settled ? 1 : 0) + (judged ? 2 : 0);
  const beside = number + 4 + cells * (CELL_WIDTH + 1);
  const room = continuations.length > 1 ? Math.floor((style.width - BORDER_WIDTH) / 2) : style.width;
  return { number, settled, judged, token: Math.max(LEAST_TOKEN, Math.min(longest, room - beside)) };
}

function headOf(continuation: ContinuationReport): string {
  return continuation.models.ft === undefined ? 'token' : writerLabel(continuation);
}

function headingOf(continuation: ContinuationReport, columns: Columns, { glyphs }: Style): string {
  return lineText(
    {
      number: '',
      mark: ' ',
      token: pad(cut(headOf(continuation), columns.token, glyphs.ellipsis), columns.token),
      prob: 'prob',
      settled: 'from',
      otherProb: continuation.by === 'ft' ? 'base' : 'ft',
      otherRank: 'rank',
    },
    columns,
  );
}

function numbersOf(
  token: WrittenToken,
  by: ContinuationReport['by'],
  position: PositionReport | undefined,
): Pick<Line, 'prob' | 'settled' | 'otherProb' | 'otherRank'> {
  const other = judgement(token, by);
  return {
    prob: percent((by === 'ft' ? token.ft : token.base)?.prob ?? 0),
    settled: position !== undefined && settles(position) ? layerName(position.commitLayer) : '',
    otherProb: other === undefined ? '' : percent(other.prob),
    otherRank: other === undefined ? '' : longCount(other.rank),
  };
}

function lineText(line: Line, columns: Columns): string {
  const cells = [
    line.prob,
    ...(columns.settled ? [line.settled] : []),
    ...(columns.judged ? [line.otherProb, line.otherRank] : []),
  ];
  const start = `${line.number.padStart(columns.number)} ${line.mark} ${line.token}`;
  return [start, ...cells.map((cell) => cell.padStart(CELL_WIDTH))].join(' ');
}
