/** package-lock.json, as far as it is read. */
export interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

export interface LockedPackage {
  readonly version: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
}

export interface ProductionPackage extends LockedPackage {
  readonly name: string;
}

/** Licences that allow everything that Apache-2.0 does, as SPDX names them. */
const PERMISSIVE = new Set(['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD']);

/**
 * @huggingface/transformers brings image libraries that ft-lens never loads. They are libraries of their own, linked at
 * run time, which is what the LGPL asks for.
 */
const LGPL_PACKAGES = /^@img\/sharp-/;

/** What is installed without development, each version once, by name. */
export function productionPackages({ packages }: LockFile): ProductionPackage[] {
  const found = Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path, locked]) => ({ ...locked, name: path.slice(path.lastIndexOf('node_modules/') + 13) }));
  const unique = new Map(found.map((each) => [`${each.name}@${each.version}`, each]));
  return [...unique.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** Why the licence of a package cannot be accepted; undefined when it can. */
export function licenceProblem({ name, license }: ProductionPackage): string | undefined {
  if (license === undefined) return `${name} names no licence`;
  const accepted = (part: string): boolean =>
    PERMISSIVE.has(part) || (part === 'LGPL-3.0-or-later' && LGPL_PACKAGES.test(name));
  // Of alternatives one is enough, of parts all are needed; both together would need a true parser.
  const choices = license.replaceAll(/[()]/g, '').split(' OR ');
  const parts = license.replaceAll(/[()]/g, '').split(' AND ');
  const compatible = choices.some(accepted) || parts.every(accepted);
  return compatible ? undefined : `${name}: ${license} is not known to be compatible`;
}

/** The list as lines of text. @throws for a licence that cannot be accepted */
export function licenceList(lock: LockFile): string {
  const packages = productionPackages(lock);
  const problems = packages.flatMap((each) => licenceProblem(each) ?? []);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const rows = packages.map(({ name, version, license }) => `${name} ${version}: ${license}`);
  return [
    'What an installation of ft-lens brings, from package-lock.json. Made by npm run licences.',
    '',
    ...rows,
    '',
  ].join('\n');
}
