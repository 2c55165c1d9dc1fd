import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    pool: 'forks',
    // Media work on a busy machine; a hang still ends.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
