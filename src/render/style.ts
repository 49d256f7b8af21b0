import { Chalk } from 'chalk';
import type { ColorSupportLevel } from 'chalk';
import { ASCII, UNICODE } from './table/glyphs.ts';
import type { Glyphs } from './table/glyphs.ts';
import type { MapKind } from './table/position-map.ts';
import { asciiQuote, quoteText } from './quote-text.ts';
import { asciiText, tokenText, visibleText } from './token-text.ts';

/** What the reader's terminal and options ask of the table view. */
export interface TableView {
  /** Columns of a line; undefined: as many as the longest row needs, nothing is cut. */
  readonly width: number | undefined;
  /** Level of chalk: 0 none, 1 the 16 colours. */
  readonly colour: ColorSupportLevel;
  readonly ascii: boolean;
  /** Sentences for a screen reader instead of tables. */
  readonly accessible: boolean;
  /** Rows of the layer table: all, runs of like layers in one line, or these layers. */
  readonly layers: 'fold' | 'all' | readonly number[];
  /** What a map over several positions shows; undefined: the divergence of two models, the entropy of one. */
  readonly map?: MapKind | undefined;
  /** The text goes to a terminal, which understands cursor movements. */
  readonly terminal: boolean;
}

type Paint = (text: string) => string;

/** The few attributes that stay readable on every background; nothing depends on them. */
interface Palette {
  readonly bold: Paint;
  /** Only for what may be lost. */
  readonly dim: Paint;
  readonly base: Paint;
  readonly ft: Paint;
  readonly good: Paint;
  readonly bad: Paint;
}

/** How a section writes: the width of a line, its marks, its colours and its words for text from models and files. */
export interface Style {
  /** Infinity: nothing is cut. */
  readonly width: number;
  readonly ascii: boolean;
  readonly glyphs: Glyphs;
  readonly palette: Palette;
  /** A token in a table. */
  readonly token: Paint;
  /** Text in a sentence, in quotes; cut to `width` columns between them when given. */
  readonly quote: (text: string, width?: number) => string;
  /** Names and messages. */
  readonly plain: Paint;
}

/** Narrower terminals wrap; the tables need this much. */
const NARROWEST = 40;

export function styleOf(view: TableView): Style {
  const chalk = new Chalk({ level: view.colour });
  return {
    width: view.width === undefined ? Infinity : Math.max(NARROWEST, view.width),
    glyphs: view.ascii ? ASCII : UNICODE,
    palette: {
      bold: (text) => chalk.bold(text),
      dim: (text) => chalk.dim(text),
      base: (text) => chalk.cyan(text),
      ft: (text) => chalk.magenta(text),
      good: (text) => chalk.green(text),
      bad: (text) => chalk.red(text),
    },
    ascii: view.ascii,
    token: (text) => (view.ascii ? asciiQuote(text) : tokenText(text)),
    quote: view.ascii ? asciiQuote : quoteText,
    plain: view.ascii ? asciiText : visibleText,
  };
}
