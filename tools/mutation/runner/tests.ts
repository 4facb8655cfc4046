/** Which tests run against a mutant, and how. The outcome of a mutant is the same in every run: a fixed seed, and no test that depends on the clock. */

import { configureGlobal } from "fast-check";
import { beforeEach } from "./suite.ts";

export const TEST_FILES = [
  "test/{json,mcp,policy,config}/**/*.test.ts",
  "test/commands/policy/{check,explain}.test.ts",
] as const;

/** The tests of a module that is no part of the mutated core, whose globals they replace. */
export const LEFT_OUT = ["test/json/lazy/scanner.test.ts"];

/** Names of the tests that depend on the clock. A mutant that only they would detect survives. */
const BY_THE_CLOCK =
  /in a second when|in under a second|no faster than|bounded time|linear time|grows with the number|a million opening|no memory would hold/;

/** Leaves tests out that depend on the clock, and fixes the seed of properties. */
export function configureTests(): void {
  process.env["FUZZ_RUNS"] = "300";
  // A property that failed need not look for a smaller case.
  configureGlobal({ seed: 1, numRuns: 100, endOnFailure: true });
  beforeEach(({ task, skip }) => {
    if (BY_THE_CLOCK.test(task.name)) skip();
  });
}
