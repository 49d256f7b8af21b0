import { inputError } from '../../errors.ts';
import type { SafetensorsFile } from '../checkpoint/safetensors-file.ts';
import { EMBEDDING, HEAD } from '../checkpoint/weight-names.ts';
import type { WeightSource } from '../checkpoint/weight-source.ts';
import type { AdapterSettings } from './adapter-config.ts';

/** bf16 keeps 8 bits: a copy that was rounded to it differs by at most 2^-9 of the value, and by 2^-8 when both were. */
const ROUNDING = 2 ** -8;

const COMPARED_ELEMENTS = 2 ** 22;

/**
 * PEFT saves the base's own weight beside the LoRA of an embedding or a head. It holds nothing new, and tells whether
 * this checkpoint is the one that the adapter was trained on.
 * @throws FtLensError (input) when a copy is not the checkpoint's weight
 */
export async function checkBaseCopies(
  copies: ReadonlyMap<string, string>,
  file: SafetensorsFile,
  weights: WeightSource,
  { baseModel }: AdapterSettings,
): Promise<void> {
  for (const [name, tensor] of copies) {
    const source = name === HEAD && !weights.names.has(HEAD) ? EMBEDDING : name;
    const [rows, columns = 1] = weights.shape(source) as [number, number?];
    const step = Math.max(1, Math.floor(COMPARED_ELEMENTS / columns));
    for (let from = 0; from < rows; from += step) {
      const to = Math.min(rows, from + step);
      const [copy, own] = await Promise.all([
        file.read(tensor, from * columns, (to - from) * columns),
        weights.rows(source, from, to),
      ]);
      const at = copy.findIndex((value, i) => !(Math.abs(value - own[i]!) <= ROUNDING * Math.abs(own[i]!)));
      if (at === -1) continue;
      throw inputError('This adapter was trained on another checkpoint.', {
        where: `${file.name}, tensor ${tensor}, row ${from + Math.floor(at / columns)}`,
        expected: `the checkpoint's ${source}: ${own[at]}`,
        got: String(copy[at]),
        remedy: baseModel ? `Take the checkpoint that adapter_config.json names: ${baseModel}` : undefined,
      });
    }
  }
}
