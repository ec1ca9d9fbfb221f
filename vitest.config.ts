import { defineConfig } from 'vitest/config';

/** The local API with real clients: a short soak each time, a long one when asked for. */
function apiProject(name: string, soakSeconds: number) {
  return {
    test: {
      name,
      include: ['test/api/**/*.test.ts'],
      env: { HEARTH_SOAK_SECONDS: String(soakSeconds) },
      testTimeout: 120_000 + soakSeconds * 1000,
      hookTimeout: 120_000,
      // The soak mostly waits for its own clock: the others run beside it.
      maxWorkers: 2,
    },
  };
}

/** Homes of real processes; `full` loses laptops at many more points of an answer. */
function clusterProject(name: string, full: boolean) {
  return {
    test: {
      name,
      include: ['test/cluster/**/*.test.ts'],
      ...(full ? { env: { HEARTH_CLUSTER_FULL: '1' } } : {}),
      fileParallelism: false,
      testTimeout: 180_000,
      hookTimeout: 180_000,
    },
  };
}

/** Unit tests need no built output; integration tests drive `dist/` and real processes, one file at a time. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 60_000 } },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      clusterProject('cluster', false),
      clusterProject('cluster-full', true),
      apiProject('api', 20),
      apiProject('api-full', 120),
    ],
  },
});
