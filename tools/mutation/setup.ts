/** What makes a mutant's fate the same in every run: a fixed seed, and no test that a slow machine could fail. */

import { configureGlobal } from "fast-check";
import { beforeEach } from "vitest";

configureGlobal({ seed: 1, numRuns: 100 });

/** The names of the tests that look at the clock: a mutant that they alone would notice survives. */
const BY_THE_CLOCK =
  /in a second when|in under a second|bounded time|linear time|grows with the number|a million opening|no memory would hold/;

beforeEach(({ task, skip }) => {
  if (BY_THE_CLOCK.test(task.name)) skip();
});
