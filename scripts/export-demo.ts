/**
 * Makes the three exports in models/ again from the checkpoint and the adapters there, and says whether their bytes
 * are those of before. Run it with `npm run demo:export`.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { breakLinks, EXPORTS, exportModels, filesOf } from './demo/export-models.ts';
import { MODELS } from './demo/models.ts';

const before = await hashes();
await exportModels(MODELS);
for (const name of EXPORTS) await breakLinks(join(MODELS, name));
const after = await hashes();

for (const file of new Set([...before.keys(), ...after.keys()])) {
  if (before.get(file) !== after.get(file)) process.stdout.write(`changed  models/${file}\n`);
  else if (file.endsWith('manifest.json')) process.stdout.write(`same     models/${file}  sha256 ${after.get(file)}\n`);
}

async function hashes(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const name of EXPORTS) {
    for (const [file, bytes] of await filesOf(join(MODELS, name)))
      found.set(`${name}/${file}`, createHash('sha256').update(bytes).digest('hex'));
  }
  return found;
}
