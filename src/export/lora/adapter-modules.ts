/** One module that a LoRA changes, by the names of its tensors in the file. */
export interface LoraModule {
  /** Path in the base model, such as `model.layers.0.self_attn.q_proj`. */
  readonly path: string;
  /** An embedding: its factors are transposed, and stored under other names. */
  embedding: boolean;
  a: string | undefined;
  b: string | undefined;
  /** DoRA's length of each row. */
  magnitude: string | undefined;
}

export interface AdapterModules {
  readonly lora: ReadonlyMap<string, LoraModule>;
  /** Whole tensors that replace the base's, by path: `modules_to_save`. */
  readonly replacements: ReadonlyMap<string, string>;
  /** Copies of base weights that PEFT saves beside the LoRA of an embedding or a head, by path. */
  readonly baseCopies: ReadonlyMap<string, string>;
  /** Names that PEFT does not write. */
  readonly unknown: readonly string[];
}

const PREFIX = 'base_model.model.';
const FACTOR = /^(.+)\.lora_(embedding_)?([AB])(\.weight)?$/;
const MAGNITUDE = /^(.+)\.lora_magnitude_vector(?:\.weight)?$/;
const BASE_COPY = /^(.+)\.base_layer\.weight$/;

/** Groups the tensors of an adapter file by what PEFT means by their names. */
export function groupAdapterTensors(names: Iterable<string>): AdapterModules {
  const lora = new Map<string, LoraModule>();
  const replacements = new Map<string, string>();
  const baseCopies = new Map<string, string>();
  const unknown: string[] = [];
  const moduleAt = (path: string): LoraModule => {
    const module = lora.get(path) ?? { path, embedding: false, a: undefined, b: undefined, magnitude: undefined };
    lora.set(path, module);
    return module;
  };
  for (const name of names) {
    const inner = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : '';
    const [, factorPath, embedding, factor, weight] = FACTOR.exec(inner) ?? [];
    const magnitudePath = MAGNITUDE.exec(inner)?.[1];
    const copyPath = BASE_COPY.exec(inner)?.[1];
    if (factorPath !== undefined) {
      const module = moduleAt(factorPath);
      const isEmbedding = embedding !== undefined;
      const isFirst = module.a === undefined && module.b === undefined;
      // The factors of an embedding are parameters; those of a linear layer are the weights of two small ones.
      if (isEmbedding === (weight !== undefined) || (!isFirst && module.embedding !== isEmbedding)) {
        unknown.push(name);
        continue;
      }
      module.embedding = isEmbedding;
      if (factor === 'A') module.a = name;
      else module.b = name;
    } else if (magnitudePath !== undefined) moduleAt(magnitudePath).magnitude = name;
    else if (copyPath !== undefined) baseCopies.set(`${copyPath}.weight`, name);
    else if (inner !== '' && !inner.includes('.lora_')) replacements.set(inner, name);
    else unknown.push(name);
  }
  return { lora, replacements, baseCopies, unknown };
}
