import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { safetensorsBytes } from '../export/checkpoint/tiny-model.ts';

interface Alterations {
  /** Tensors for which this is false are left out. */
  readonly keep?: (tensor: string) => boolean;
  /** Tensors for which this is true become zeros. */
  readonly zero?: (tensor: string) => boolean;
  /** lora_alpha is multiplied by this. */
  readonly timesAlpha?: number;
}

type Header = Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;

/** A copy of an adapter at `target`, spoilt on purpose. */
export function alteredAdapter(source: string, target: string, alterations: Alterations): string {
  const { keep = () => true, zero = () => false, timesAlpha = 1 } = alterations;
  cpSync(source, target, { recursive: true });
  const configFile = join(target, 'adapter_config.json');
  const config = JSON.parse(readFileSync(configFile, 'utf8'));
  writeFileSync(configFile, JSON.stringify({ ...config, lora_alpha: config.lora_alpha * timesAlpha }));

  const file = readFileSync(join(source, 'adapter_model.safetensors'));
  const headerBytes = Number(file.readBigUInt64LE(0));
  const { __metadata__: _, ...header } = JSON.parse(file.toString('utf8', 8, 8 + headerBytes)) as Header;
  const kept: Header = {};
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, tensor] of Object.entries(header).filter(([candidate]) => keep(candidate))) {
    const bytes = Uint8Array.from(file.subarray(...tensor.data_offsets.map((at) => 8 + headerBytes + at)));
    parts.push(zero(name) ? new Uint8Array(bytes.length) : bytes);
    kept[name] = { ...tensor, data_offsets: [offset, offset + bytes.length] };
    offset += bytes.length;
  }
  writeFileSync(join(target, 'adapter_model.safetensors'), safetensorsBytes(kept, Buffer.concat(parts)));
  return target;
}
