import type { AdapterSettings } from './adapter-config.ts';
import { matchPatterns } from './match-patterns.ts';

export interface ModuleSettings {
  readonly rank: number;
  readonly alpha: number;
}

/**
 * Rank and alpha of each module: those of the first pattern that matches it, else the adapter's.
 * @param modules paths, such as `model.layers.0.self_attn.q_proj` or `model.layers.0.mlp.experts.gate_up_proj`
 * @param file what an error says it was reading
 */
export function settingsOfModules(
  modules: readonly string[],
  settings: AdapterSettings,
  file: string,
): ModuleSettings[] {
  const keys = modules.map((module) => parameterKey(module, settings));
  const ranks = matchPatterns(settings.rankPatterns, keys, file);
  const alphas = matchPatterns(settings.alphaPatterns, keys, file);
  return modules.map((_, i) => ({ rank: ranks[i] ?? settings.rank, alpha: alphas[i] ?? settings.alpha }));
}

/** What B A is multiplied by. Rank-stabilised: https://arxiv.org/abs/2312.03732 */
export function scaleOf({ rank, alpha }: ModuleSettings, { rankStabilised }: AdapterSettings): number {
  return alpha / (rankStabilised ? Math.sqrt(rank) : rank);
}

/** PEFT matches patterns against the module, or, for a parameter that is targeted by its name, against the parameter. */
function parameterKey(module: string, { targetParameters }: AdapterSettings): string {
  const parameter = `${module}.weight`;
  const isTarget = targetParameters.some((target) => parameter === target || parameter.endsWith(`.${target}`));
  return isTarget ? parameter : module;
}
