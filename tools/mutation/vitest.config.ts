/** Vitest configuration for mutants: tests of the pure core run before tests of the commands that use it. */

import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The first failing test ends the run of a mutant, so fast and close tests run first. */
class NearFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((one, other) => other.moduleId.localeCompare(one.moduleId));
  }
}

export default defineConfig({
  test: {
    include: ["test/{json,mcp,policy,config}/**/*.test.ts", "test/commands/policy/{check,explain}.test.ts"],
    setupFiles: ["tools/mutation/setup.ts"],
    // Each mutant has a process of its own; sharing it among test files saves a third of the time.
    isolate: false,
    sequence: { sequencer: NearFirst },
    env: { FUZZ_RUNS: "300" },
    testTimeout: 10_000,
  },
});
