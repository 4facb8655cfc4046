/** Makes the outcome of a mutant the same in every run: a fixed seed, and no test that depends on the clock. */

import { configureGlobal } from "fast-check";
import { beforeEach } from "vitest";

configureGlobal({ seed: 1, numRuns: 100 });

/** Names of the tests that depend on the clock. A mutant that only they would detect survives. */
const BY_THE_CLOCK =
  /in a second when|in under a second|no faster than|bounded time|linear time|grows with the number|a million opening|no memory would hold/;

beforeEach(({ task, skip }) => {
  if (BY_THE_CLOCK.test(task.name)) skip();
});
