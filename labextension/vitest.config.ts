import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'jsdom',
    pool: 'vmThreads', // half the work: a new context for each file, not a new process
    maxWorkers: '100%',
    include: ['tests/**/*.test.{ts,tsx}', 'src/**/*.test.{ts,tsx}'],
    setupFiles: ['tests/setup.ts'],
    restoreMocks: true,
    testTimeout: 60_000, // the machine may be busy; nothing here waits for time to pass
    unstubGlobals: true
  }
});
