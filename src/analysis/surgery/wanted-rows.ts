import type { GraphBuilder } from '../../onnx/graph-builder.ts';
import type { OnnxModel } from '../../onnx/model.ts';
import type { Router } from '../anatomy/types.ts';
import { cast } from './copy-head.ts';
import { describe } from './describe.ts';

/**
 * When rows are picked. 'early': from each state as soon as it is there, so that a long prompt has only one of them in
 * memory. 'late': from many states at once, those of either half of the layers, which spares a graphics card one
 * operator a layer.
 */
export type RowPicking = 'early' | 'late';

/** The rows of one state at the positions, [1, P, D]. */
export function rowsOfState(
  builder: GraphBuilder,
  residuals: readonly string[],
  state: number,
  positions: string,
): string {
  const inputs = [residuals[state] as string, positions];
  return builder.node(`ft_lens.rows/${state}`, 'Gather', inputs, { attributes: { axis: 1n } });
}

/**
 * The rows of all states, f32 [L+1, P, D]. ONNX Runtime orders nodes depth first, from the node added last: with the
 * states listed from the last to the first it takes the rows of each state as soon as it is there, and frees the
 * state. In any other order all states of a long prompt stay in memory until the end.
 * @param last the rows of the last state
 */
export function residualRows(
  model: OnnxModel,
  builder: GraphBuilder,
  residuals: readonly string[],
  { last, positions, picking, hidden }: { last: string; positions: string; picking: RowPicking; hidden: number },
): string {
  const first = { attributes: { axis: 0n } };
  if (picking === 'late') {
    const parts = halves(residuals, 1).map((states, half) => {
      const together = cast(builder, builder.node(`ft_lens.states/${half}/all`, 'Concat', states, first));
      const path = `ft_lens.states/${half}`;
      const part = builder.node(path, 'Gather', [together, positions], { attributes: { axis: 1n } });
      describe(model, part, [states.length, 'ft_lens.rows', hidden]);
      return part;
    });
    return builder.node('ft_lens.states', 'Concat', parts, first);
  }
  const rows = [cast(builder, last)];
  for (let state = residuals.length - 2; state >= 0; state--)
    rows.unshift(cast(builder, rowsOfState(builder, residuals, state, positions)));
  for (const name of rows) describe(model, name, [1, 'ft_lens.rows', hidden]);
  return builder.node('ft_lens.states', 'Concat', rows, first);
}

/** The logits of all routers, layer beside layer, f32 [P, Σ experts]. They come with or without a batch dimension. */
export function routerRows(
  model: OnnxModel,
  builder: GraphBuilder,
  routers: readonly Router[],
  { positions, picking }: { positions: string; picking: RowPicking },
): string {
  const pick = (path: string, tensor: string) =>
    builder.node(`${path}/rows`, 'Gather', [tensor, positions], { attributes: { axis: 0n } });
  const each = routers.map(({ logits, experts }) => {
    const path = `ft_lens.router/${logits}`;
    const flat = builder.node(`${path}/flat`, 'Reshape', [logits, builder.int64s([-1, experts])]);
    return { rows: cast(builder, picking === 'late' ? flat : pick(path, flat)), experts };
  });
  const beside = { attributes: { axis: 1n } };
  const picked =
    picking === 'early'
      ? each
      : halves(each, 0).map((part, half) => {
          const path = `ft_lens.routers/${half}`;
          const inputs = part.map(({ rows }) => rows);
          const experts = part.reduce((sum, router) => sum + router.experts, 0);
          return { rows: pick(path, builder.node(`${path}/all`, 'Concat', inputs, beside)), experts };
        });
  for (const { rows, experts } of picked) describe(model, rows, ['ft_lens.rows', experts]);
  return builder.node(
    'ft_lens.routers',
    'Concat',
    picked.map(({ rows }) => rows),
    beside,
  );
}

/** The first half of the layers and the second. @param before how many items come before the first layer */
function halves<Item>(items: readonly Item[], before: number): Item[][] {
  const middle = middleLayer(items.length - before) + before;
  return [items.slice(0, middle), items.slice(middle)].filter((part) => part.length > 0);
}

/** After which layer a model is cut in two. */
export function middleLayer(layers: number): number {
  return Math.floor(layers / 2);
}
