/** Vitest for mutants: the tests of the pure core, those of its own modules before those of the commands that use it. */

import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The first red test ends a mutant's run, so what is cheap and near goes first. */
class NearFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((one, other) => other.moduleId.localeCompare(one.moduleId));
  }
}

export default defineConfig({
  test: {
    include: ["test/{json,mcp,policy,config}/**/*.test.ts", "test/commands/policy/{check,explain}.test.ts"],
    setupFiles: ["tools/mutation/setup.ts"],
    // A mutant's tests run in a process of their own; sharing it among the files saves a third of the time.
    isolate: false,
    sequence: { sequencer: NearFirst },
    env: { FUZZ_RUNS: "300" },
    testTimeout: 10_000,
  },
});
