/** The bench that compares two builds of Tollgate runs, here with one build on both sides. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { BUILT_MAIN } from "../../tools/bench/testbed.ts";

it("prints a ratio for the cost of a call, callers' p99 with and without scrapes, and a scrape", async () => {
  const args = ["tools/bench/against/run.ts", "--quick", "--main", BUILT_MAIN];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const rows = Array.from(stdout.matchAll(/^(.+) against older +<= [\d.]+ +([\d.]+) \(\d+ to \d+ us\)/gm));
  expect(rows.map(([, figure]) => figure)).toEqual([
    "processor time of a call",
    "callers' p99 at 500 calls/s",
    "callers' p99 while scraped",
    "processor time of a scrape at the cap",
  ]);
  for (const [, , ratio] of rows) expect(Number(ratio)).toBeGreaterThan(0);
}, 120_000);
