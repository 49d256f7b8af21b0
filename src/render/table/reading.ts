import type { FloorPosition, ModelReport, PositionComparison, PositionReport, Report } from '../../report/schema.ts';
import { settles } from '../../report/verdict.ts';
import type { Style } from '../style.ts';

/** One model at one position, as a group of columns. */
export interface Side {
  /** Heading of its columns; empty when there is nothing to tell it from. */
  readonly title: string;
  /** Its name in running text. */
  readonly label: 'base' | 'fine-tune' | 'both' | 'model';
  readonly model: ModelReport;
  readonly position: PositionReport;
  readonly paint: (text: string) => string;
}

/** Everything read at one position. */
export interface Reading {
  readonly position: number;
  /** One model, or base and fine-tune. Two bit-identical models are shown as one. */
  readonly sides: readonly [Side] | readonly [Side, Side];
  /** Undefined unless two sides are shown. */
  readonly change: PositionComparison | undefined;
  /** What rounding alone changes; undefined unless a noise floor was measured. */
  readonly floor: FloorPosition | undefined;
}

export function readingsOf(report: Report, { palette }: Style): Reading[] {
  const { base, ft } = report.models;
  return base.positions.map((basePosition, index): Reading => {
    const { position } = basePosition;
    const side = (title: string, label: Side['label']): Side => ({
      title,
      label,
      model: base,
      position: basePosition,
      paint: palette.base,
    });
    const ftPosition = ft?.positions[index];
    const change = report.comparison?.positions[index];
    if (ft === undefined || ftPosition === undefined || change === undefined) {
      return { position, sides: [side('', 'model')], change: undefined, floor: undefined };
    }
    if (report.comparison?.identical) {
      return { position, sides: [side('BOTH (bit-identical)', 'both')], change: undefined, floor: undefined };
    }
    const ftSide: Side = {
      title: 'FINE-TUNE',
      label: 'fine-tune',
      model: ft,
      position: ftPosition,
      paint: palette.ft,
    };
    const floor = report.comparison?.floor?.positions[index];
    return { position, sides: [side('BASE', 'base'), ftSide], change, floor };
  });
}

/** The rail of settled rows: top-1 is the model's answer from here to the end. */
export function isSettled({ position }: Side, layer: number): boolean {
  return layer >= position.commitLayer && settles(position);
}
