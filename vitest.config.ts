import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/system/**"],
    // Tests read dist/console: it is built once, before any of them.
    globalSetup: ["scripts/build-console.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    coverage: {
      include: ["src/json/**", "src/mcp/{input-schema,methods,tool-definition}.ts", "src/policy/**"],
      exclude: ["src/json/edit-json.ts", "src/policy/explain/**"],
      reporter: ["text", "json-summary"],
      // The pure core decides: no branch of it goes untested.
      thresholds: { branches: 100 },
    },
  },
});
