import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/globalSetup.ts',
    // The addon belongs in a process of its own: libtorch's thread pools outlive a worker thread.
    pool: 'forks',
    // Two workers on two cores: each loads libtorch (1 s, 144 MB) once a file.
    maxWorkers: 2,
    // A sanitized addon (npm run test:asan) takes several times as long.
    testTimeout: process.env.ENAS_TORCH_BUILD === 'Sanitized' ? 300_000 : 60_000,
    env: { OMP_NUM_THREADS: '1' },
  },
});
