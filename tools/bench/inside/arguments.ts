/** Times the check of the demo's calls against the input schemas of their tools, in nanoseconds per call. */

import { DEMO_TOOLS } from "../../../src/commands/demo/tools.ts";
import { isJsonObject, type JsonObject } from "../../../src/json/json.ts";
import { readJson } from "../../../src/json/read-json.ts";
import { checkArguments } from "../../../src/policy/arguments/check-arguments.ts";
import { medianNanoseconds, requestedRounds, printFigures } from "./figures.ts";

const TIMES = 400_000;
const ROLE = "arn:aws:iam::123456789012:role/omics";

/** The calls that the demo's agents make and the server takes. */
const CALLS: readonly (readonly [tool: string, args: object])[] = [
  ["ExecuteQuery", { query: "sum by (job) (rate(http_requests_total[5m]))" }],
  ["ExecuteRangeQuery", { query: "up", start: "1767225600", end: "1767229200", step: "1m" }],
  ["ListMetrics", {}],
  ["GetAvailableWorkspaces", {}],
  ["GetAHOBatch", { batch_id: "batch-1" }],
  [
    "StartAHORunBatch",
    {
      workflow_id: "1",
      role_arn: ROLE,
      output_uri: "s3://demo/out/",
      batch_run_settings: { inlineSettings: [{ runSettingId: "a" }] },
    },
  ],
  [
    "StartAHOReadSetExportJob",
    { sequence_store_id: "1", destination_s3_uri: "s3://demo/", role_arn: ROLE, read_set_ids: ["1", "2"] },
  ],
];

const prepared = CALLS.map(([name, args]) => ({
  schema: objectOf(DEMO_TOOLS.find((tool) => tool.name === name)?.inputSchema ?? {}),
  args: objectOf(args),
}));
const ns = medianNanoseconds(
  (turn) => {
    const call = prepared[turn % prepared.length];
    const isValid = call !== undefined && checkArguments(call.args, call.schema) === undefined;
    return isValid || undefined;
  },
  TIMES,
  requestedRounds(),
);
printFigures({ ns });

function objectOf(value: object): JsonObject {
  const read = readJson(JSON.stringify(value));
  if (!("value" in read) || !isJsonObject(read.value)) throw new Error("must be an object");
  return read.value;
}
