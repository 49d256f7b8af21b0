import { layerName } from '../../../report/numbers.ts';
import type { Column, ModelData, PageData } from '../page-data.ts';
import type { Cell } from './selection.ts';

export interface ShownToken {
  /** index into the tokens of the page */
  readonly token: number;
  readonly text: string;
  readonly prob: number;
}

/** The data of the page with its columns addressed by cells. */
export class PageReport {
  readonly data: PageData;
  readonly columns: number;
  readonly rows: number;

  constructor(data: PageData) {
    this.data = data;
    this.columns = data.positions.length;
    this.rows = data.layers.length;
  }

  /** A number of a (position, layer) column. */
  at(column: Column, cell: Cell): number | null {
    return column[this.index(cell)] ?? null;
  }

  index({ column, row }: Cell): number {
    return column * this.rows + row;
  }

  tokenText(token: number): string {
    return this.data.tokens.text[token] ?? '';
  }

  /** The top tokens of a model in a cell, most probable first. */
  top({ top }: ModelData, cell: Cell): ShownToken[] {
    return this.tokens(top, this.index(cell));
  }

  /** The model's own prediction after a position. */
  final({ final }: ModelData, column: number): ShownToken[] {
    return this.tokens(final, column);
  }

  /** The experts that a block chooses and their weights; empty in rows without routing. */
  experts({ routing }: ModelData, cell: Cell): { expert: number; weight: number }[] {
    if (routing === null) return [];
    const start = this.index(cell) * routing.slots;
    return Array.from({ length: routing.slots }, (_, slot) => ({
      expert: routing.expert[start + slot] ?? -1,
      weight: routing.weight[start + slot] ?? 0,
    })).filter(({ expert }) => expert >= 0);
  }

  otherTop1(cell: Cell): boolean {
    const { change } = this.data;
    return change !== null && this.at(change.sameTop1, cell) === 0;
  }

  /** The very same state in both models. */
  identical(cell: Cell): boolean {
    const { change } = this.data;
    return change !== null && this.at(change.js, cell) === 0 && this.at(change.relativeL2, cell) === 0;
  }

  /** Whether the models differ here, and no more than rounding alone makes the base differ from itself. */
  withinFloor(cell: Cell): boolean {
    const floor = this.data.change?.floor ?? null;
    return floor !== null && this.at(floor.within, cell) === 1 && !this.identical(cell);
  }

  /** `Embed`, `L-48` */
  layer(row: number): string {
    return layerName(this.data.layers[row] ?? 0);
  }

  /** `E`, `48`: its name at an axis */
  shortLayer(row: number): string {
    const layer = this.data.layers[row] ?? 0;
    return layer === 0 ? 'E' : String(layer);
  }

  /** The prompt's position of a column. */
  position(column: number): number {
    return this.data.positions[column] ?? 0;
  }

  /** The prompt's token at a position. */
  promptText(position: number): string {
    return this.tokenText(this.data.prompt[position] ?? -1);
  }

  private tokens({ places, token, prob }: ModelData['top'], list: number): ShownToken[] {
    return Array.from({ length: places }, (_, place) => {
      const index = token[list * places + place] ?? -1;
      return { token: index, text: this.tokenText(index), prob: prob[list * places + place] ?? 0 };
    }).filter((shown) => shown.token >= 0);
  }
}
