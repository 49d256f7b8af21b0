import { divergence, layerWords } from './numbers.ts';
import type { CrossHead, CrossHeadLayer } from './schema/cross-head.ts';

/** Where one of two changes is this many times the other, it is called most of it. */
const MUCH_LARGER = 2;

/** What states alone and heads alone change, each the mean of its two ways, in nats. */
export function crossHeadChanges({ baseHead, ftHead, headJsNats }: CrossHeadLayer): { states: number; heads: number } {
  return {
    states: (baseHead.jsNats + ftHead.jsNats) / 2,
    heads: (headJsNats.baseState + headJsNats.ftState) / 2,
  };
}

/** Whether the change of the last layer at one position is in the states or in the head; empty for an unread position. */
export function crossHeadSentence({ sameHead, positions }: CrossHead, position: number): string {
  if (sameHead) return 'Both models have the same final norm and head, bit by bit: what changed is in the states.';
  const last = positions.find((each) => each.position === position)?.layers.at(-1);
  if (last === undefined) return '';
  const { states, heads } = crossHeadChanges(last);
  const numbers = `In ${layerWords(last.layer)} the states alone make JS ${divergence(states)}, norm and head alone ${divergence(heads)}`;
  return `${numbers} (means of both ways): ${where(states, heads)}.`;
}

function where(states: number, heads: number): string {
  if (states === 0 && heads === 0) return 'nothing changed';
  if (states >= MUCH_LARGER * heads) return 'most of it is in the states';
  return heads >= MUCH_LARGER * states ? 'most of it is in norm and head' : 'it is in both';
}
