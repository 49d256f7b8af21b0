/**
 * Bounds on what a file may claim, each several times what the largest public models need, so that a hostile or
 * damaged file is refused before it sizes a buffer.
 */
export const LIMITS = {
  /** The reference reader's own bound; a 30B-A3B shard needs less than 1 MB. */
  safetensorsHeaderBytes: 100_000_000,
  /** 30B-A3B has 18,867 tensors; the largest open mixture-of-experts models about 10^5. */
  tensors: 1_000_000,
  /** Real tensors have at most 5 dimensions; ONNX Runtime dies of far more. */
  tensorRank: 8,
  /** A vocabulary times a hidden size stays below 2^33. */
  tensorDimension: 2 ** 40,
  /** Every shard stays open while its checkpoint does; the largest public checkpoints have fewer than 200. */
  shards: 1_000,
  /** Bytes of UTF-8 in a tensor, shard or node name: real ones stay below 150. */
  nameBytes: 1_024,
  /** config.json, adapter_config.json, tokenizer_config.json: real ones stay below 100 kB. */
  configBytes: 16 * 2 ** 20,
  /** model.safetensors.index.json: 2 MB for 30B-A3B. */
  indexBytes: 64 * 2 ** 20,
  /** Levels of nesting. JSON.parse takes 60 bytes for each that is open; real files need fewer than 10. */
  jsonDepth: 64,
  /** Time to match the regular expressions of one adapter: real ones need a few milliseconds. */
  patternMatchMs: 2_000,
  /** manifest.json lists every tensor of an export: 300 kB for 30B-A3B. */
  manifestBytes: 64 * 2 ** 20,
  /** The journal of an unfinished export has 66 bytes for every expert matrix: 1.5 MB for 30B-A3B. */
  journalBytes: 256 * 2 ** 20,
  /** tokenizer.json: 11 to 33 MB in public models. */
  tokenizerBytes: 128 * 2 ** 20,
  layers: 1_024,
  hiddenSize: 2 ** 17,
  experts: 4_096,
  /** Experts of all layers, each with three matrices: the largest public models have 23,000. */
  expertsInAll: 100_000,
  vocabSize: 2 ** 22,
  attentionHeads: 1_024,
  /** eos_token_id of a generation_config.json: public models list at most ten. */
  endOfTextTokens: 1_024,
  /** A graph whose weights stand in a file of their own: 48 layers of 128 experts need less than 1 MB. */
  onnxGraphBytes: 256 * 2 ** 20,
  onnxNodes: 1_000_000,
  onnxNodeInputs: 65_536,
  /** Everything of its own in an ONNX file: nodes, attributes, shapes, dimensions. 48 unrolled layers need 5 million. */
  onnxMessages: 8_000_000,
  /** Numbers and names written out in it, each of which becomes a JavaScript value. */
  onnxValues: 64_000_000,
  /** Model functions and how deep they call each other; graphs within graphs. Real exports have one and none. */
  onnxFunctions: 64,
  onnxDepth: 8,
  /** Time to read a graph and find its parts, in ms: one of 360,000 nodes takes 7 s, a tangled one no end of time. */
  graphMs: 60_000,
  /** Elements of a tensor that a graph may fill without computing: 1 GiB of f32. */
  filledElements: 2 ** 28,
  /** A prompt is text that a person or a script wrote; the model's own limit comes after tokenizing. */
  promptBytes: 16 * 2 ** 20,
  chatTemplateBytes: 2 ** 20,
  /** A saved report: 4 MB for 48 layers, 64 positions and two models; Node cannot hold a string over 512 MiB. */
  reportBytes: 256 * 2 ** 20,
} as const;
