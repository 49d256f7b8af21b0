import type { TensorValue } from '../engine/protocol.ts';
import { weightPlaces } from '../model/weight-contents.ts';
import type { PreparedBackbone } from './forward-pass.ts';

/**
 * What the weights and inputs of a backbone hold, by name, as texts: tensors of equal graphs that have a text in common
 * hold the same.
 */
export type TensorContents = ReadonlyMap<string, readonly string[]>;

/**
 * One model's bytes are computed with for both, so weights count as equal only where they are the same bytes of the
 * same file: a file that is no longer what its manifest says has to show.
 */
export function tensorContents({ model, instrumented, feeds }: PreparedBackbone): TensorContents {
  // Equal graphs hold equal constants.
  const constants = instrumented.model.graph.initializer.map(({ name }) => [name, ['constant']] as const);
  const inputs = Array.from(feeds, ([name, feed]) => [name, [feedText(feed)]] as const);
  return new Map<string, readonly string[]>([...constants, ...inputs, ...weightPlaces(model)]);
}

/** Whether the tensors of one name are known to hold the same. */
export function haveSameContent(a: TensorContents, b: TensorContents, tensor: string): boolean {
  const texts = b.get(tensor) ?? [];
  return (a.get(tensor) ?? []).some((text) => texts.includes(text));
}

function feedText({ type, dims, data }: TensorValue): string {
  return `${type} [${dims.join()}] ${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')}`;
}
