import { layerWords } from '../numbers.ts';
import type { PositionReport } from '../schema.ts';
import { answerToken, sentence, type Wording } from './words.ts';

/** Whether the last row's top-1 is the model's answer; read without the final norm it need not be. */
export function settles({ layers, final }: PositionReport): boolean {
  return layers.at(-1)?.top[0]?.id === final.top[0]?.id;
}

/** Where each of two models settles on its answer, in one sentence or two. */
export function settlingOfPair(base: PositionReport, ft: PositionReport, wording: Wording): string {
  const [baseToken, ftToken] = [answerToken(base, wording), answerToken(ft, wording)];
  const both = settles(base) && settles(ft);
  if (!both)
    return [settlingOf('base', base, wording), settlingOf('the fine-tune', ft, wording)].map(sentence).join(' ');
  if (base.commitLayer === ft.commitLayer) {
    const tokens = baseToken === ftToken ? ` on ${ftToken}` : `: base on ${baseToken}, the fine-tune on ${ftToken}`;
    return `Both settle at ${layerWords(ft.commitLayer)}${tokens}.`;
  }
  const on = baseToken === ftToken ? '' : `on ${baseToken} `;
  const when = base.commitLayer > ft.commitLayer ? 'only' : 'already';
  return `The fine-tune settles on ${ftToken} at ${layerWords(ft.commitLayer)}, base ${on}${when} at ${layerWords(base.commitLayer)}.`;
}

export function settlingOf(name: string, position: PositionReport, wording: Wording): string {
  const token = answerToken(position, wording);
  return settles(position)
    ? `${name} settles on ${token} at ${layerWords(position.commitLayer)}`
    : `${name} never settles: its answer ${token} is not the top-1 of the last row`;
}
