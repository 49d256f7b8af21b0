import { defineConfig } from 'vitest/config';

// unit: no native runtime, a file each. e2e: the built program and ONNX Runtime, one at a time, so that two cores suffice.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    pool: 'forks',
    projects: [
      { extends: true, test: { name: 'unit', include: ['**/*.test.ts'], exclude: ['e2e/**'] } },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
