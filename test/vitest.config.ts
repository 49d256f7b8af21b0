import { defineConfig } from 'vitest/config';

// unit: no native runtime, a file each. e2e: the built program and ONNX Runtime, one at a time, so that two cores suffice.
// browser: the HTML report of the built program in Chromium, where there is one.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    pool: 'forks',
    // A GPU of the machine that the tests run on must not decide what they see.
    env: { FT_LENS_CUDA_DIR: '/nonexistent/cuda' },
    projects: [
      { extends: true, test: { name: 'unit', include: ['**/*.test.ts'], exclude: ['e2e/**', 'browser/**'] } },
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
      {
        extends: true,
        test: { name: 'browser', include: ['browser/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 120_000 },
      },
    ],
  },
});
