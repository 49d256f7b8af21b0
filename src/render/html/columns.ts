import type { Column } from './page-data.ts';

/** Six digits say more than any view of the page shows, in half the characters of a double. */
const DIGITS = 6;

/** A number as the page holds it. What is less than 1 stays less: a probability of 1 is shown as exactly that. */
export function compact(value: number): number {
  if (Number.isInteger(value)) return value;
  const rounded = Number(value.toPrecision(DIGITS));
  return rounded === 1 && value < 1 ? 1 - 10 ** -DIGITS : rounded;
}

/** One number for each of the items; null where an item or its number is missing. */
export function column<Item>(
  items: readonly (Item | undefined)[],
  value: (item: Item) => number | null | undefined,
): Column {
  return items.map((item) => {
    const number = item === undefined ? undefined : value(item);
    return number === undefined || number === null ? null : compact(number);
  });
}

/** The first `length` items of a list, filled up with undefined. */
export function exactly<Item>(items: readonly Item[] | undefined, length: number): (Item | undefined)[] {
  return Array.from({ length }, (_, index) => items?.[index]);
}
