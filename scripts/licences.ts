/**
 * Lists every package that an installation of ft-lens brings, with its licence, from package-lock.json, and refuses a
 * licence that is not known to be compatible. `npm run licences` writes the list; a test compares it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { licenceList, type LockFile } from './licences/licence-list.ts';

const root = join(import.meta.dirname, '..');
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as LockFile;
writeFileSync(join(root, 'scripts/licences/production.txt'), licenceList(lock));
process.stdout.write('wrote scripts/licences/production.txt\n');
