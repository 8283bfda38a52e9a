import { defineConfig } from 'vitest/config';

const never = ['**/node_modules/**', '**/.data/**'];
/** Starts the servers that the tests of a project need, once for each run. */
const servers = ['libs/testing/src/global-setup.ts'];

// Three kinds of test, told apart by the end of the file's name: nothing needed, PostgreSQL and NATS needed, everything
// needed. Two workers at most for the last two: each holds a server busy, and the machine of reference has two cores.
export default defineConfig({
  test: {
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: [...never, '**/*.db.test.ts', '**/*.e2e.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'db',
          include: ['**/*.db.test.ts'],
          exclude: never,
          globalSetup: servers,
          maxWorkers: 2,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['e2e/**/*.e2e.test.ts'],
          exclude: never,
          globalSetup: servers,
          maxWorkers: 2,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
