import { inputError } from '../../errors.ts';
import type { Qwen3MoeConfig } from '../checkpoint/model-config.ts';
import type { AdapterSettings } from './adapter-config.ts';
import {
  matchModule,
  matchReplacement,
  type Misfit,
  type ModuleTarget,
  targetShapes,
  type TensorShapes,
  unlike,
} from './match-tensors.ts';
import { groupAdapterTensors, type LoraModule } from './adapter-modules.ts';
import { scaleOf, settingsOfModules } from './module-settings.ts';
import type { WeightChange } from './weight-change.ts';

export interface AdapterPlan {
  /** By published name of the weight. */
  readonly changes: ReadonlyMap<string, WeightChange>;
  /** Tensors that should equal a weight of the base, by the weight's published name. */
  readonly baseCopies: ReadonlyMap<string, string>;
}

/**
 * Finds the weight that every tensor of an adapter changes.
 * @param shapes shapes of all tensors in the adapter's file
 * @param file what an error says it was reading
 * @throws FtLensError (input) that counts the tensors that fit no weight and names the first
 */
export function planAdapter(
  shapes: TensorShapes,
  settings: AdapterSettings,
  config: Qwen3MoeConfig,
  file: string,
): AdapterPlan {
  const targets = targetShapes(config);
  const { lora, replacements, baseCopies, unknown } = groupAdapterTensors(shapes.keys());
  const misfits = new Misfits();
  for (const tensor of unknown) {
    misfits.add({ tensor, expected: 'a name that PEFT gives to a LoRA tensor', got: 'another name' });
  }
  const changes = new Map<string, WeightChange>();
  const set = (name: string, change: WeightChange, tensor: string) => {
    if (changes.has(name)) misfits.add({ tensor, expected: `one change of ${name}`, got: 'two' });
    changes.set(name, change);
  };

  const matches: [LoraModule, ModuleTarget][] = [];
  for (const module of lora.values()) {
    const match = matchModule(module, shapes, targets, config);
    if ('tensor' in match) misfits.add(match, module);
    else matches.push([module, match]);
  }
  const paths = matches.map(([, { path }]) => path);
  for (const [i, expected] of settingsOfModules(paths, settings, file).entries()) {
    const [module, match] = matches[i]!;
    const misfit = checkRank(module, match, expected.rank) ?? checkMagnitude(module, match, shapes, targets, settings);
    if (misfit) misfits.add(misfit, module);
    const scale = scaleOf({ rank: match.rank, alpha: expected.alpha }, settings);
    for (const { name, a, b } of match.weights) {
      set(name, { type: 'low-rank', rank: match.rank, scale, a, b, magnitude: module.magnitude }, module.a!);
    }
  }
  for (const [path, tensor] of replacements) {
    const match = matchReplacement(path, tensor, shapes, targets, config);
    if (Array.isArray(match)) for (const [name, change] of match) set(name, change, tensor);
    else misfits.add(match);
  }
  for (const [name, tensor] of baseCopies) {
    const target = targets.get(name);
    const misfit = target
      ? unlike(tensor, shapes.get(tensor)!, target)
      : { tensor, expected: 'a weight of the checkpoint', got: `no weight ${name}` };
    if (misfit) misfits.add(misfit);
  }
  misfits.refuse(settings, file);
  if (changes.size === 0) {
    throw inputError('This adapter holds no LoRA.', { where: file, got: `${shapes.size} tensors` });
  }
  return { changes, baseCopies };
}

function checkRank(module: LoraModule, { rank, path }: ModuleTarget, expected: number): Misfit | undefined {
  if (rank === expected) return undefined;
  return {
    tensor: module.a!,
    expected: `rank ${expected} for ${path}, as adapter_config.json says`,
    got: `rank ${rank}`,
  };
}

/** DoRA goes with linear layers: a row length for every row. */
function checkMagnitude(
  module: LoraModule,
  { weights }: ModuleTarget,
  shapes: TensorShapes,
  targets: ReadonlyMap<string, readonly number[]>,
  { dora }: AdapterSettings,
): Misfit | undefined {
  const { magnitude, a } = module;
  if (magnitude === undefined) {
    return dora
      ? { tensor: a!, expected: 'a lora_magnitude_vector beside it, since use_dora is set', got: 'none' }
      : undefined;
  }
  if (!dora) return { tensor: magnitude, expected: 'none, since use_dora is not set', got: 'a magnitude vector' };
  const [weight] = weights;
  if (module.embedding || weights.length !== 1 || weight === undefined) {
    return { tensor: magnitude, expected: 'DoRA on linear layers', got: 'DoRA on an embedding or on fused experts' };
  }
  return unlike(magnitude, shapes.get(magnitude)!, [targets.get(weight.name)![0]!]);
}

/** Tensors that fit no weight: all are counted, the first is shown. */
class Misfits {
  readonly #tensors = new Set<string>();
  #first: Misfit | undefined;

  /** @param module when one of its tensors does not fit, the others fit nothing either */
  add(misfit: Misfit, module?: LoraModule): void {
    this.#first ??= misfit;
    for (const tensor of [misfit.tensor, module?.a, module?.b, module?.magnitude]) {
      if (tensor !== undefined) this.#tensors.add(tensor);
    }
  }

  /** @throws FtLensError (input) unless there are none */
  refuse({ baseModel }: AdapterSettings, file: string): void {
    if (this.#first === undefined) return;
    const count = this.#tensors.size;
    const { tensor, expected, got } = this.#first;
    throw inputError(`${count} adapter ${count === 1 ? 'tensor fits' : 'tensors fit'} no weight of this checkpoint.`, {
      where: `${file}, ${count === 1 ? '' : 'first '}${tensor}`,
      expected,
      got,
      remedy: baseModel
        ? `take the checkpoint that adapter_config.json names: ${baseModel}`
        : 'take the checkpoint that the adapter was trained on',
    });
  }
}
