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

/** `dist/` and real processes, one file at a time. */
function integrationProject(name: string, include: readonly string[], env: Record<string, string> = {}) {
  return {
    test: { name, include: [...include], env, testTimeout: 180_000, hookTimeout: 180_000, fileParallelism: false },
  };
}

/** Files of the integration tests that try a few of many cases, unless `HEARTH_FULL` asks for all. */
const manyCases = ['test/integration/worlds.test.ts', 'test/integration/lost-nodes.test.ts', 'test/integration/lost-laptops.test.ts'];

/** Unit tests need no built output; the others drive `dist/`. */
export default defineConfig({
  test: {
    projects: [
      // Two at a time also where there are two cores, of which vitest would use one.
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 60_000, maxWorkers: 2 } },
      integrationProject('integration', ['test/integration/**/*.test.ts']),
      integrationProject('integration-full', manyCases, { HEARTH_FULL: '1' }),
      clusterProject('cluster', false),
      clusterProject('cluster-full', true),
      apiProject('api', 20),
      apiProject('api-full', 120),
    ],
  },
});
