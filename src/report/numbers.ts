/** Numbers as people read them in tables and sentences; the JSON report holds them at full precision. */

/** `19.1%`, at most 5 characters. `100%` means exactly 1; what lies nearer to 1 than the digits can say is `99.9%`. */
export function percent(probability: number, digits = 1): string {
  if (probability >= 1) return '100%';
  const step = 10 ** -digits;
  const value = probability * 100;
  if (value < step / 2) return `<${step.toFixed(digits)}%`;
  return `${Math.min(value, 100 - step).toFixed(digits)}%`;
}

/** `1%`, `0.05%`: a threshold as it was asked for. */
export function thresholdWords(probability: number): string {
  return `${Number((probability * 100).toPrecision(6))}%`;
}

/** A divergence in nats: 4 decimals, below 1e-4 one digit and its power (`2e-5`), `0` for exactly 0. */
export function divergence(nats: number): string {
  if (nats === 0) return '0';
  return nats < 1e-4 ? nats.toExponential(0) : nats.toFixed(4);
}

/** The Jensen-Shannon distance in 0..1, on which small divergences show too: √(JS / ln 2). */
export function distance(jsNats: number): number {
  return Math.sqrt(jsNats / Math.LN2);
}

/** A check's value or limit: two digits of what may lie at any power of ten. */
export function magnitude(value: number): string {
  if (value === 0 || Number.isInteger(value)) return String(value);
  const rounded = Number(value.toPrecision(2));
  return Math.abs(value) < 1e-3 ? rounded.toExponential() : String(rounded);
}

/** `1 token`, `10 tokens` */
export function tokenCount(count: number): string {
  return count === 1 ? '1 token' : `${count} tokens`;
}

/** `Embed`, `L-48`: a row's name in tables. */
export function layerName(layer: number): string {
  return layer === 0 ? 'Embed' : `L-${layer}`;
}

/** `the embedding`, `L-48`: a row's name in sentences. */
export function layerWords(layer: number): string {
  return layer === 0 ? 'the embedding' : `L-${layer}`;
}
