import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/system/**"],
    // Tests read dist/console: it is built once, before any of them.
    globalSetup: ["scripts/build-console.ts"],
    // Tests start the sidecar from source hundreds of times: Node keeps what it has compiled.
    env: { NODE_COMPILE_CACHE: `${import.meta.dirname}/.cache/compiled-tests` },
    // Tests mostly wait for processes that they start: two at once use two cores better than one does.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Only a test that hangs takes so long, also on a machine that is busy with other work.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    coverage: {
      include: ["src/json/**", "src/mcp/{input-schema,methods,tool-definition}.ts", "src/policy/**"],
      exclude: ["src/json/edit-json.ts", "src/policy/explain/**"],
      reporter: ["text", "json-summary"],
      // The pure core decides: no branch of it goes untested.
      thresholds: { branches: 100 },
    },
  },
});
