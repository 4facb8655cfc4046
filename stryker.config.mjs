/** Mutation of the pure core (src/json, what src/mcp knows of tools, src/policy): `npm run test:mutation`; docs/mutation.md tells what came of it. */

import { MUTATED } from "./tools/mutation/mutated.ts";

export default {
  mutate: [...MUTATED],
  testRunner: "core",
  plugins: ["./tools/mutation/runner/runner.ts"],
  coverageAnalysis: "perTest",
  // Stryker rewrites references in tsconfig.json with a compiler API that TypeScript 7 no longer has; there are none.
  tsconfigFile: ".cache/no-tsconfig.json",
  ignorePatterns: [".cache", "coverage", "dashboards", "dist"],
  concurrency: 2,
  // The runner ends a test that never ends. Stryker ends the process only when that fails.
  timeoutMS: 120_000,
  timeoutFactor: 0.2,
  // `--incremental` runs again only what changed, but keeps survivors of a module's start that new tests would notice:
  // good while writing tests, not for the figure.
  incremental: false,
  incrementalFile: ".cache/mutation/incremental.json",
  tempDirName: ".cache/stryker",
  cleanTempDir: "always",
  reporters: ["json", "progress-append-only"],
  jsonReporter: { fileName: ".cache/mutation/report.json" },
};
