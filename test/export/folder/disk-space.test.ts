import { expect, it } from 'vitest';
import { type FileSystemSpace, requireSpace } from '../../../src/export/folder/disk-space.ts';

const space = (blocks: number, bavail: number) => async (): Promise<FileSystemSpace> => ({
  blocks,
  bavail,
  bsize: 4096,
});

it('refuses what does not fit, and names both numbers', async () => {
  await expect(requireSpace('/out', 5000, space(10, 1))).rejects.toMatchObject({
    message: 'There is not enough room on the disk.',
    where: '/out',
    exitCode: 3,
    expected: '5,000 bytes free',
    got: '4,096 bytes free',
    remedy: expect.stringContaining('free 904 bytes') as string,
  });
});

it('lets pass what just fits', async () => {
  await requireSpace('/out', 4096, space(10, 1));
});

it.each([
  ['tells nothing', space(0, 0)],
  ['cannot be asked', () => Promise.reject(new Error('ENOSYS'))],
])('believes in a file system that %s', async (_, read) => {
  await requireSpace('/out', 1e15, read);
});

it('asks the system itself', async () => {
  await requireSpace('/', 0);
  await expect(requireSpace('/', Number.MAX_SAFE_INTEGER)).rejects.toThrow('not enough room');
});
