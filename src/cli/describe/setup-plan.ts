import { type PinnedSet, wheelsOf } from '../../setup/cuda/pinned.ts';
import type { PreparedSetup } from '../../setup/cuda/prepare-setup.ts';
import { shownUrl } from '../../setup/index/index-url.ts';
import { shellWord } from '../../shell-word.ts';
import { formatBytes } from '../units.ts';

/**
 * What a setup will do, as labelled lines: before anything is fetched or written.
 * @param kept bytes that an earlier run has fetched
 */
export function planLines({ folder, plan }: PreparedSetup, kept: number): [label: string, text: string][] {
  const lines: [string, string][] = [];
  for (const { wheel, ...source } of plan.wheels) {
    const what = `${wheel.project} ${wheel.version}  ${formatBytes(wheel.bytes)}`;
    lines.push(source.from === 'index' ? ['fetch', what] : ['unpack', `${what}  ${source.path}`]);
  }
  for (const { path, member } of plan.copies) lines.push(['copy', `${path}  ${formatBytes(member.bytes)}`]);
  if (plan.toolkit !== undefined) {
    const names = [...plan.toolkit.libraries.keys()].join(', ');
    lines.push([
      'use',
      `${names} of the CUDA toolkit on this machine (${plan.toolkit.place}); --no-toolkit fetches them`,
    ]);
  }
  const fetched = plan.wheels.find((source) => source.from === 'index');
  if (fetched !== undefined) {
    const { index } = fetched;
    const earlier = kept > 0 ? `, ${formatBytes(kept)} of them here already` : '';
    const what = `${formatBytes(plan.downloadBytes)} to fetch${earlier}`;
    lines.push(['from', `${shownUrl(index.url)} (${index.from})  ${what}`]);
  }
  const licences = plan.wheels.length > 0 ? "; the owners' licences come along" : '';
  lines.push(['into', `${folder}  ${formatBytes(plan.installedBytes)}${licences}`]);
  return lines;
}

/** Fetches the very wheels that are pinned, on any machine that has pip and a network. */
export function pipCommand(pinned: PinnedSet): string {
  const wheels = wheelsOf(pinned);
  // pip takes a wheel whose tag was named, and the tag is the end of the file's name.
  const platforms = new Set(wheels.map(({ file }) => /-([^-]+)\.whl$/.exec(file)?.[1]?.split('.')[0] ?? 'any'));
  return [
    'pip download --no-deps --only-binary=:all: --python-version 3.12 --implementation cp --abi cp312 --abi none',
    ...[...platforms].map((platform) => `--platform ${platform}`),
    '--dest wheels',
    ...wheels.map(({ project, version }) => shellWord(`${project}==${version}`)),
  ].join(' \\\n  ');
}
