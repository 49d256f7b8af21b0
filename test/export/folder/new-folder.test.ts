import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { NewFolder, type NewFolderOptions } from '../../../src/export/folder/new-folder.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

const root = temporaryFolder();
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const options: NewFolderOptions = { replace: undefined, inputs: [] };

/** Every folder that holds a file `mine` is one of ours, with the files that it names. */
const replace = async (folder: string): Promise<string[] | undefined> =>
  existsSync(join(folder, 'mine')) ? readFileSync(join(folder, 'mine'), 'utf8').split(' ') : undefined;

let parent: string;
let out: string;
beforeEach(async () => {
  parent = await mkdtemp(join(root, 'case-'));
  out = join(parent, 'out');
});

describe('NewFolder', () => {
  it('appears under its name when it is published, and leaves nothing else', async () => {
    const folder = await NewFolder.create(out, options);
    const file = await folder.writeFile('a.txt', bytes('abc'));
    expect(existsSync(out)).toBe(false);
    await folder.publish();
    expect(readdirSync(parent)).toEqual(['out']);
    expect(readFileSync(join(out, 'a.txt'), 'utf8')).toBe('abc');
    // sha256 of "abc": FIPS 180-2, appendix B.1
    expect(file).toEqual({
      name: 'a.txt',
      bytes: 3,
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    });
  });

  it('leaves nothing behind when it is given up, parents that it made included', async () => {
    const folder = await NewFolder.create(join(parent, 'x', 'y', 'out'), options);
    await folder.writeFile('a.txt', bytes('abc'));
    await folder.discard();
    expect(readdirSync(parent)).toEqual([]);
  });

  it('keeps parents that were there, and parents that others use by now', async () => {
    mkdirSync(join(parent, 'x'));
    const folder = await NewFolder.create(join(parent, 'x', 'y', 'out'), options);
    writeFileSync(join(parent, 'x', 'y', 'theirs'), '');
    await folder.discard();
    expect(readdirSync(join(parent, 'x', 'y'))).toEqual(['theirs']);
  });

  it('leaves nothing behind when it cannot be made', async () => {
    const tooLong = join(parent, 'x', 'o'.repeat(250));
    await expect(NewFolder.create(tooLong, options)).rejects.toThrow('This path is too long.');
    expect(readdirSync(parent)).toEqual([]);
  });

  it('takes the place of an empty folder', async () => {
    mkdirSync(out);
    const folder = await NewFolder.create(out, options);
    await folder.writeFile('a', bytes('a'));
    await folder.publish();
    expect(readdirSync(out)).toEqual(['a']);
  });

  it('does not overwrite a file of its own', async () => {
    const folder = await NewFolder.create(out, options);
    await folder.writeFile('a', bytes('a'));
    await expect(folder.writeFile('a', bytes('b'))).rejects.toMatchObject({ got: 'EEXIST' });
    await folder.discard();
  });
});

describe('a new folder that was left unfinished', () => {
  it('is there for the next run', async () => {
    const first = await NewFolder.create(out, options);
    await first.writeFile('a', bytes('a'));
    writeFileSync(first.journal, 'far');
    await first.keep();
    expect(readdirSync(parent)).toEqual(['out.partial']);
    const second = await NewFolder.create(out, options);
    expect(readFileSync(join(second.path, 'a'), 'utf8')).toBe('a');
    await second.publish();
    expect(readdirSync(parent)).toEqual(['out']);
    expect(readdirSync(out)).toEqual(['a']);
  });

  it('can be cleared', async () => {
    const folder = await NewFolder.create(out, options);
    await folder.writeFile('a', bytes('a'));
    writeFileSync(folder.journal, 'far');
    await folder.clear();
    expect(readdirSync(folder.path)).toEqual([]);
    expect(existsSync(folder.journal)).toBe(false);
    await folder.discard();
  });

  it('is not shared by two', async () => {
    const folder = await NewFolder.create(out, options);
    await expect(NewFolder.create(out, options)).rejects.toMatchObject({
      message: 'Another process is writing this folder.',
      kind: 'usage',
      got: expect.stringMatching(new RegExp(`^process ${process.pid} on .+, since 20..-`)) as string,
      remedy: expect.stringContaining('out.partial/lock.1') as string,
    });
    await folder.discard();
    expect(readdirSync(parent)).toEqual([]);
  });

  it('is never mixed up with files of others', async () => {
    mkdirSync(`${out}.partial`);
    writeFileSync(`${out}.partial/theirs`, '');
    await expect(NewFolder.create(out, options)).rejects.toMatchObject({ kind: 'usage', got: 'theirs' });
    expect(readdirSync(`${out}.partial`)).toEqual(['theirs']);
  });

  it('does not take the place of a file', async () => {
    writeFileSync(`${out}.partial`, '');
    await expect(NewFolder.create(out, options)).rejects.toThrow(
      'A file stands where the unfinished export has to be.',
    );
  });
});

// Whoever may do everything cannot be kept from removing it.
it.skipIf(process.getuid?.() === 0)('stands even when what it replaces cannot be removed', async () => {
  mkdirSync(join(out, 'stuck'), { recursive: true });
  writeFileSync(join(out, 'mine'), 'mine stuck');
  writeFileSync(join(out, 'stuck', 'file'), '');
  chmodSync(join(out, 'stuck'), 0o555);
  const folder = await NewFolder.create(out, { ...options, replace });
  await folder.writeFile('new', bytes(''));
  expect(await folder.publish()).toBe(`${out}.partial`);
  expect(readdirSync(out)).toEqual(['new']);
  execFileSync('chmod', ['-R', 'u+w', `${out}.partial`]);
  const again = await NewFolder.create(join(parent, 'out'), { ...options, replace: async () => ['new'] });
  await again.discard();
  expect(readdirSync(parent)).toEqual(['out']);
});

describe('a folder that was being replaced when the process died', () => {
  const partial = (...path: string[]): string => join(`${out}.partial`, ...path);

  it('comes back when the new one had not taken its place', async () => {
    mkdirSync(partial('replaced'), { recursive: true });
    writeFileSync(partial('replaced', 'mine'), 'mine');
    mkdirSync(partial('unfinished'));
    const folder = await NewFolder.create(out, { ...options, replace });
    expect(readFileSync(join(out, 'mine'), 'utf8')).toBe('mine');
    await folder.discard();
    expect(readdirSync(parent)).toEqual(['out']);
  });

  it('is not to be replaced by a run that may not', async () => {
    mkdirSync(partial('replaced'), { recursive: true });
    writeFileSync(partial('replaced', 'mine'), 'mine');
    await expect(NewFolder.create(out, options)).rejects.toThrow('The output folder exists already.');
    expect(readFileSync(join(out, 'mine'), 'utf8')).toBe('mine');
    expect(readdirSync(parent)).toEqual(['out']);
  });

  it('is removed when the new one stands', async () => {
    mkdirSync(partial('replaced'), { recursive: true });
    mkdirSync(out);
    writeFileSync(join(out, 'mine'), 'mine');
    writeFileSync(partial('journal.jsonl'), 'of what is finished now');
    const folder = await NewFolder.create(out, { ...options, replace });
    expect(existsSync(folder.journal)).toBe(false);
    await folder.discard();
    expect(readdirSync(parent)).toEqual(['out']);
  });
});

describe('a folder that exists', () => {
  it('is refused', async () => {
    mkdirSync(out);
    writeFileSync(join(out, 'mine'), 'mine');
    await expect(NewFolder.create(out, options)).rejects.toThrow('The output folder exists already.');
    expect(readdirSync(parent)).toEqual(['out']);
  });

  it('is replaced as a whole when it is ours and this is allowed', async () => {
    mkdirSync(out);
    writeFileSync(join(out, 'mine'), 'mine old');
    writeFileSync(join(out, 'old'), '');
    const folder = await NewFolder.create(out, { ...options, replace });
    await folder.writeFile('new', bytes(''));
    expect(readdirSync(out)).toEqual(['mine', 'old']);
    await folder.publish();
    expect(readdirSync(out)).toEqual(['new']);
    expect(readdirSync(parent)).toEqual(['out']);
  });

  it('stays when the new one is given up', async () => {
    mkdirSync(out);
    writeFileSync(join(out, 'mine'), 'mine');
    const folder = await NewFolder.create(out, { ...options, replace });
    await folder.discard();
    expect(readdirSync(parent)).toEqual(['out']);
    expect(readdirSync(out)).toEqual(['mine']);
  });

  it.each([
    ['is not ours', { theirs: '' }],
    ['holds a file that is not ours', { mine: 'mine', theirs: '' }],
  ])('is never replaced when it %s', async (_, files) => {
    mkdirSync(out);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(out, name), content);
    await expect(NewFolder.create(out, { ...options, replace })).rejects.toMatchObject({
      kind: 'usage',
      got: 'theirs',
    });
  });

  it.each([
    ['was made meanwhile', {}],
    ['holds something of theirs by now', { mine: 'mine' }],
  ])('is not replaced when it %s', async (_, files) => {
    mkdirSync(out);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(out, name), content);
    const folder = await NewFolder.create(out, { ...options, replace });
    writeFileSync(join(out, 'theirs'), 'kept');
    await expect(folder.publish()).rejects.toMatchObject({ kind: 'usage', got: 'theirs' });
    await folder.discard();
    expect(readFileSync(join(out, 'theirs'), 'utf8')).toBe('kept');
    expect(readdirSync(parent)).toEqual(['out']);
  });

  it.each(['file', 'link'])('is refused when it is a %s', async (kind) => {
    mkdirSync(join(parent, 'elsewhere'));
    if (kind === 'file') writeFileSync(out, '');
    else symlinkSync('elsewhere', out);
    await expect(NewFolder.create(out, { ...options, replace })).rejects.toThrow('The output path is not a folder.');
  });
});

describe('an input folder', () => {
  it.each(['.', './inside', './inside/deeper', '..', '../../'])('is kept apart from the output: %s', async (path) => {
    const input = join(parent, 'a', 'input');
    mkdirSync(input, { recursive: true });
    const target = join(input, path);
    await expect(NewFolder.create(target, { ...options, inputs: [input] })).rejects.toThrow(/overlaps an input/);
    expect(readdirSync(input)).toEqual([]);
  });

  it('is recognised through a link', async () => {
    const input = join(parent, 'input');
    mkdirSync(input);
    symlinkSync('input', join(parent, 'link'));
    const create = NewFolder.create(join(parent, 'link', 'new'), { ...options, inputs: [input] });
    await expect(create).rejects.toThrow(/overlaps an input/);
  });

  it('may have a name that begins like the output', async () => {
    const input = join(parent, 'out-base');
    mkdirSync(input);
    const folder = await NewFolder.create(out, { ...options, inputs: [input] });
    await folder.discard();
  });
});
