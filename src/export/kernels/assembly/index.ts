export { decodeBf16, decodeF16 } from './decode';
export { encodeF16 } from './half';
export { addLowRank } from './low-rank';
export { quantizeBlocks } from './quantize';
export { addErrors, addSurvival } from './sums';

/** Where free memory starts. */
export const freeMemory: usize = __heap_base;
