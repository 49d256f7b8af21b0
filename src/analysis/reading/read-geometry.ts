import type { Feed } from '../engine/protocol.ts';
import type { RunResult } from '../engine/run-result.ts';
import type { Session } from '../engine/session.ts';
import type { ViewPair } from '../surgery/lens-graph.ts';
import { GEOMETRY_OUTPUTS } from './pair-outputs.ts';

/** Where the states of several views lie to each other. */
export interface Geometry {
  /** outputs of the geometry graph, the pair's first as base and its second as ft */
  readonly pairs: readonly RunResult[];
  /** by the name of the view // (R, p, 1) f64 */
  readonly squaredNorms: ReadonlyMap<string, Float64Array>;
}

/**
 * @param session of the geometry graph
 * @param states by the name of the view // (R, p, D) f32
 */
export async function readGeometry(
  session: Session,
  states: ReadonlyMap<string, Feed>,
  pairs: readonly ViewPair[],
): Promise<Geometry> {
  const read = ([first, second]: ViewPair): Promise<RunResult> =>
    session.run(
      { base_residuals: states.get(first) as Feed, ft_residuals: states.get(second) as Feed },
      { fetch: GEOMETRY_OUTPUTS },
    );
  const squaredNorms = new Map<string, Float64Array>();
  const results: RunResult[] = [];
  for (const pair of pairs) {
    const result = await read(pair);
    results.push(result);
    squaredNorms.set(pair[0], result.doubles('base_base'));
    squaredNorms.set(pair[1], result.doubles('ft_ft'));
  }
  for (const name of states.keys())
    if (!squaredNorms.has(name)) squaredNorms.set(name, (await read([name, name])).doubles('base_base'));
  return { pairs: results, squaredNorms };
}
