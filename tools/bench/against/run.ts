/** `npm run bench:against`: this tree beside an older commit of it: the cost of a call, callers' p99 while scraped, and a scrape. */

import { parseArgs } from "node:util";
import { FULL, QUICK } from "../options.ts";
import { beginReport } from "../report/report.ts";
import { printReport } from "../report/table.ts";
import { measure } from "../rows/measure.ts";
import { buildTestbed } from "../testbed.ts";
import { buildCommit } from "./build-commit.ts";
import { againstOlder } from "./measurement.ts";

/** The last commit before metrics were pushed, served as protocol buffers and grouped by cluster. */
const BEFORE_OBSERVABILITY = "8396441f";

const { values } = parseArgs({
  options: {
    commit: { type: "string", default: BEFORE_OBSERVABILITY },
    main: { type: "string" },
    quick: { type: "boolean", default: false },
  },
});

// Exit on SIGINT and SIGTERM, so that exit handlers end the started programs.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

const testbed = await buildTestbed(values.quick ? QUICK : FULL);
try {
  const main = values.main ?? buildCommit(values.commit, testbed.folder);
  const older = { main, name: values.main === undefined ? values.commit : "older" };
  const begun = beginReport(testbed);
  const rows = await measure(againstOlder(older), testbed);
  printReport({ ...begun, rows });
  // A quick run shows that the bench runs: its figures are no measure.
  const isMissed = rows.some(
    ({ verdict }) => verdict === "not measured" || (verdict === "not met" && !values.quick),
  );
  process.exitCode = isMissed ? 1 : 0;
} finally {
  await testbed.stop();
}
