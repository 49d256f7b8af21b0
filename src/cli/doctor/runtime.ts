import { Engine } from '../../analysis/engine/engine.ts';

/** Version that ONNX Runtime says once it runs in its own process; an error when it does not. */
export async function startRuntime(): Promise<string | Error> {
  const engine = new Engine({ kind: 'cpu' });
  try {
    return await engine.version();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    await engine.close();
  }
}
