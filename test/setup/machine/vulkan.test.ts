import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findVulkan, vulkanLibrary } from '../../../src/setup/machine/vulkan.ts';

test.runIf(process.platform === 'linux')(
  'the loader may be named, and drivers are registered files or named ones',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ft-lens-test-'));
    for (const name of ['some_icd.json', 'readme.txt']) writeFileSync(join(folder, name), '');
    const environment = {
      ...process.env,
      FT_LENS_VULKAN_LIBRARY: 'libm.so.6',
      VK_DRIVER_FILES: '',
      VK_ICD_FILENAMES: '',
    };
    expect(vulkanLibrary(environment)).toBe('libm.so.6');
    expect(await findVulkan(environment, [folder, '/nonexistent'])).toEqual({
      loader: true,
      drivers: [join(folder, 'some_icd.json')],
    });
    const named = {
      ...environment,
      FT_LENS_VULKAN_LIBRARY: '/nonexistent/libvulkan.so.1',
      VK_DRIVER_FILES: '/a.json:/b.json',
    };
    expect(await findVulkan(named, [folder])).toEqual({ loader: false, drivers: ['/a.json', '/b.json'] });
    rmSync(folder, { recursive: true });
  },
);
