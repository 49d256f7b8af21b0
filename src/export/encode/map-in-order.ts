/**
 * Works on up to `ahead` items at a time and yields the results in the order of the items. Nothing is begun before its
 * predecessors' results are wanted. All work has come to an end when the generator has.
 */
export async function* mapInOrder<Item, Result>(
  items: Iterable<Item>,
  ahead: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, void> {
  const begun: Promise<Result>[] = [];
  try {
    for (const item of items) {
      const result = work(item);
      // A failure is reported when its turn comes.
      result.catch(() => undefined);
      begun.push(result);
      if (begun.length >= ahead) yield await (begun.shift() as Promise<Result>);
    }
    while (begun.length > 0) yield await (begun.shift() as Promise<Result>);
  } finally {
    await Promise.allSettled(begun);
  }
}
