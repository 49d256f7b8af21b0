import { readFileSync } from 'node:fs';

/** package.json of ft-lens, as far as it is read. */
const { version, engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
  readonly engines: { readonly node: string };
};

/** Version of ft-lens, as package.json says. */
export const VERSION = version;

/** The oldest version of Node.js that ft-lens runs on, such as 20.19. */
export const OLDEST_NODE = engines.node.replace(/^>=/, '');
