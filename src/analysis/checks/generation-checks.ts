import { intAttribute } from '../../onnx/attributes.ts';
import { DataType } from '../../onnx/graph-builder.ts';
import type { NodeProto } from '../../onnx/model.ts';
import type { Check } from '../../report/schema.ts';
import type { Generation } from '../generate/generate.ts';
import type { OpenModel } from '../model/open-model.ts';
import type { Side } from '../progress.ts';
import type { DeviceKind } from '../surgery/fit-device.ts';

/**
 * A model writes token by token over its cache and then reads what it wrote in one pass; the two must find the written
 * tokens equally probable. Rounding differs between the two ways, as between any two passes of different length: as
 * measured in trained models by 4e-6 of a probability in f32 and by 0.03 in the f16 of graphics cards. Where a router is
 * near a tie it lets another expert be chosen; in 48 layers of random weights that moved a probability by 0.13 in f32.
 */
const LIMITS = { f32: 1e-3, rounded: 0.1 } as const;

/** Of a cache that lacks something come other texts: most of what is written would not be written after the same text. */
const LEAST_SHARE_OF_FIRST = 0.5;

/** Whether a model runs in f32 throughout: nothing in f16, and no product that rounds what goes in to 8 bits. */
export function runsInF32(device: DeviceKind, { model, anatomy }: Pick<OpenModel, 'model' | 'anatomy'>): boolean {
  const states = [...anatomy.residuals, ...anatomy.inputs.past];
  return (
    device === 'cpu' &&
    states.every(({ elementType }) => elementType === DataType.FLOAT) &&
    !model.graph.node.some(roundsTo8Bits)
  );
}

/** 4-bit products do not, whatever they ask for: they are made exact before they run. */
function roundsTo8Bits(node: NodeProto): boolean {
  if (node.opType === 'DynamicQuantizeLinear') return true;
  const asked = intAttribute(node, 'accuracy_level') ?? 0;
  return node.opType === 'MatMulNBits' && asked > 1 && intAttribute(node, 'bits') === 8;
}

/**
 * Whether the cache of a model holds what it should; nothing for a model that wrote nothing.
 * @param inF32 whether the model runs in f32 throughout
 */
export function checkGeneration(
  side: Side,
  { writings, continuations }: Generation,
  { inF32 }: { readonly inF32: boolean },
): Check | undefined {
  const written = writings.find((writing) => writing.side === side)?.continuation.tokens;
  const reading = continuations.find(({ by }) => by === side || by === 'both')?.readings[side];
  if (written === undefined || reading === undefined) return undefined;
  const differences = written.map(({ probability }, i) => Math.abs(probability - (reading.chosen[i]?.prob ?? 0)));
  const value = Math.max(...differences);
  const first = reading.chosen.filter(({ rank }) => rank === 1).length;
  const limit = inF32 ? LIMITS.f32 : LIMITS.rounded;
  const check = { id: 'cache-agrees-with-whole-pass', model: side, value, limit };
  if (value <= limit)
    return {
      ...check,
      status: 'pass',
      message:
        'The written tokens are as probable in one pass over the continuation as when they were written one by one.',
    };
  const message = `The written tokens are not as probable in one pass over the continuation as when they were written one by one; ${first} of ${written.length} are first both ways`;
  return first >= LEAST_SHARE_OF_FIRST * written.length
    ? { ...check, status: 'warn', message: `${message}. Rounding can do that where a router is near a tie.` }
    : { ...check, status: 'fail', message: `${message}: the KV cache of this model does not hold what it should.` };
}
