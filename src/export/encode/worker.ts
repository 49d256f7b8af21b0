import { Kernels } from '../kernels/kernels.ts';
import { encode } from './encode.ts';
import type { EncodeTask, RowSums } from './task.ts';

const kernels = new Kernels();

/** {@link encode}, as the threads of a pool run it. */
export default function encodeHere(task: EncodeTask): RowSums[] {
  return encode(kernels, task);
}
