import { createRequire } from 'node:module';

const manifest: unknown = createRequire(import.meta.url)('../package.json');

/** Version of ft-lens, as package.json says. */
export const VERSION = readVersion(manifest);

function readVersion(json: unknown): string {
  if (typeof json === 'object' && json !== null && 'version' in json && typeof json.version === 'string') {
    return json.version;
  }
  throw new Error('package.json of ft-lens has no version');
}
