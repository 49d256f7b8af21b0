import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { unpackWheel } from '../../../src/setup/cuda/unpack-wheel.ts';
import { noise, sha256, tinyWheel } from '../../setup/tiny-wheels.ts';
import { readFileSync } from 'node:fs';
import { editedBytes } from '../edits/bytes.ts';
import type { FuzzTarget } from '../target.ts';
import { inFolder } from './folder.ts';

const library = noise(300, 'library');
const { wheel, bytes } = tinyWheel('nvidia-cudnn', [['nvidia/lib/libcudnn.so.9', 'libcudnn.so.9', library]]);

export const wheelTargets: readonly FuzzTarget[] = [
  {
    name: 'wheel',
    valid: [bytes],
    damaged: editedBytes(bytes),
    read: (file) =>
      inFolder({ 'a.whl': file }, async (folder) => {
        await unpackWheel(join(folder, 'a.whl'), wheel, folder);
        if (readdirSync(folder).length !== 2 || sha256(readFileSync(join(folder, 'libcudnn.so.9'))) !== sha256(library))
          throw new Error('Something else was unpacked.');
      }),
  },
];
