import type { ModuleKind } from '../checkpoint/weight-names.ts';
import type { AdapterSettings } from '../lora/adapter-config.ts';
import type { LoraModule } from '../lora/adapter-modules.ts';

/** What the path of an adapted module tells without its checkpoint. */
export interface AdaptedModule {
  readonly kind: ModuleKind | 'other';
  readonly layer: number | undefined;
  readonly projections: readonly string[];
  /** One pair of factors for all experts of a layer. */
  readonly fused: boolean;
  /** The module, or the fused parameter, in the base model. */
  readonly path: string;
}

const KINDS: readonly [RegExp, ModuleKind][] = [
  [/\.self_attn\.[qkvo]_proj$/, 'attention'],
  [/\.mlp\.experts\.\d+\.(?:gate|up|down)_proj$/, 'experts'],
  [/\.mlp\.gate$/, 'router'],
  [/^model\.embed_tokens$/, 'embedding'],
  [/^lm_head$/, 'head'],
];

export function readModulePath({ path }: LoraModule, settings: AdapterSettings): AdaptedModule {
  const layer = /^model\.layers\.(\d+)\./.exec(path)?.[1];
  const layerNumber = layer === undefined ? undefined : Number(layer);
  const experts = /^(.+\.mlp\.experts)(\.base_layer)?$/.exec(path);
  if (experts) {
    // Of two fused parameters PEFT wraps gate_up_proj first: the inner pair is its, the outer one is down_proj's.
    const isGateUp = experts[2] !== undefined || !settings.targetParameters.some((name) => name.endsWith('down_proj'));
    return {
      kind: 'experts',
      layer: layerNumber,
      projections: isGateUp ? ['gate', 'up'] : ['down'],
      fused: true,
      path: `${experts[1]}.${isGateUp ? 'gate_up_proj' : 'down_proj'}`,
    };
  }
  return {
    kind: KINDS.find(([pattern]) => pattern.test(path))?.[1] ?? 'other',
    layer: layerNumber,
    projections: [path.slice(path.lastIndexOf('.') + 1).replace(/_proj$/, '')],
    fused: false,
    path,
  };
}
