/** The tools of the demo's MCP server: names and arguments of two real servers, fixed results without effect. */

export interface DemoTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: {
    readonly type: "object";
    readonly properties: Properties;
    readonly required: string[];
  };
  readonly annotations?: { readonly readOnlyHint?: boolean; readonly destructiveHint?: boolean };
  /** Simulated duration of a call; constant, so that runs can be compared. */
  readonly delayMs: number;
  /** The error text for bad arguments, if any; absent when the tool never fails. */
  readonly fault?: (args: Readonly<Record<string, unknown>>) => string | undefined;
  readonly result: object;
}

type Properties = { [name: string]: { type: "string" | "object" | "array"; description: string } };

const READS = { readOnlyHint: true };
const DESTROYS = { readOnlyHint: false, destructiveHint: true };

const workspace = text("workspace_id", "The workspace to ask; optional when the server was given one");
const query = text("query", "A PromQL expression");
const batchId = text("batch_id", "The batch");
const storeId = text("sequence_store_id", "The sequence store");
const role = text("role_arn", "The IAM role the runs get");
const workflow = text("workflow_id", "The workflow to run");
const output = text("output_uri", "Where in S3 the results go");

const PROMETHEUS_TOOLS: readonly DemoTool[] = [
  {
    ...tool("ExecuteQuery", "Evaluates a PromQL expression at one moment.", prometheus([query], workspace)),
    delayMs: 20,
    fault: unbalanced,
    result: { resultType: "vector", result: [{ metric: { job: "api" }, value: [1_767_225_600, "1"] }] },
  },
  {
    ...tool(
      "ExecuteRangeQuery",
      "Evaluates a PromQL expression over a span of time.",
      prometheus(
        [
          query,
          text("start", "First moment"),
          text("end", "Last moment"),
          text("step", "Distance of two points"),
        ],
        workspace,
      ),
    ),
    delayMs: 60,
    fault: unbalanced,
    result: { resultType: "matrix", result: [] },
  },
  {
    ...tool("ListMetrics", "Lists the names of all metrics.", prometheus([], workspace)),
    annotations: READS,
    delayMs: 30,
    result: { metrics: ["http_requests_total", "process_cpu_seconds_total", "up"] },
  },
  {
    ...tool("GetServerInfo", "Tells how the server is configured.", prometheus([], workspace)),
    annotations: READS,
    delayMs: 5,
    result: { aws_region: "eu-central-1", service_name: "aps" },
  },
  {
    ...tool("GetAvailableWorkspaces", "Lists the workspaces of the region.", prometheus([])),
    annotations: READS,
    delayMs: 15,
    result: { count: 1, workspaces: [{ workspace_id: "ws-demo", status: "ACTIVE" }] },
  },
];

const HEALTHOMICS_TOOLS: readonly DemoTool[] = [
  {
    ...tool(
      "StartAHORunBatch",
      "Submits many runs of a workflow at once, up to 100,000.",
      healthomics([workflow, role, output, object("batch_run_settings", "inlineSettings or s3UriSettings")]),
    ),
    delayMs: 40,
    result: { id: "batch-1", status: "PENDING" },
  },
  {
    ...tool(
      "StartAHOReadSetExportJob",
      "Exports read sets from a sequence store to S3.",
      healthomics([
        storeId,
        text("destination_s3_uri", "Where in S3"),
        role,
        array("read_set_ids", "What to export"),
      ]),
    ),
    delayMs: 35,
    result: { id: "export-1", status: "SUBMITTED" },
  },
  {
    ...tool("StartAHORun", "Starts one run of a workflow.", healthomics([workflow, role, output])),
    delayMs: 40,
    result: { id: "run-1", status: "PENDING" },
  },
  {
    ...tool("GetAHOBatch", "Tells how a batch is doing.", healthomics([batchId])),
    annotations: READS,
    delayMs: 10,
    result: { id: "batch-1", status: "INPROGRESS", totalRuns: 4 },
  },
  {
    ...tool("ListAHOBatches", "Lists batches.", healthomics([])),
    annotations: READS,
    delayMs: 10,
    result: { batches: [{ id: "batch-1", status: "INPROGRESS" }] },
  },
  {
    ...tool("CancelAHORunBatch", "Cancels all runs of a batch.", healthomics([batchId])),
    delayMs: 25,
    result: { batchId: "batch-1", status: "CANCELLING" },
  },
  {
    ...tool("DeleteAHORunBatch", "Deletes all runs of a batch.", healthomics([batchId])),
    annotations: DESTROYS,
    delayMs: 25,
    result: { batchId: "batch-1", status: "DELETING" },
  },
  {
    ...tool("DeleteAHOBatch", "Deletes the record of a batch.", healthomics([batchId])),
    annotations: DESTROYS,
    delayMs: 25,
    result: { batchId: "batch-1", status: "DELETED" },
  },
];

export const DEMO_TOOLS: readonly DemoTool[] = [...PROMETHEUS_TOOLS, ...HEALTHOMICS_TOOLS];

interface Argument {
  readonly name: string;
  readonly type: "string" | "object" | "array";
  readonly description: string;
}

interface Arguments {
  readonly required: readonly Argument[];
  readonly optional: readonly Argument[];
}

function text(name: string, description: string): Argument {
  return { name, type: "string", description };
}

function object(name: string, description: string): Argument {
  return { name, type: "object", description };
}

function array(name: string, description: string): Argument {
  return { name, type: "array", description };
}

function prometheus(required: readonly Argument[], ...optional: Argument[]): Arguments {
  return {
    required,
    optional: [
      ...optional,
      text("region", "AWS region"),
      text("profile", "AWS profile, and so whose credentials"),
    ],
  };
}

function healthomics(required: readonly Argument[]): Arguments {
  return {
    required,
    optional: [
      text("aws_profile", "AWS profile, and so whose credentials"),
      text("aws_region", "AWS region"),
    ],
  };
}

function tool(name: string, description: string, { required, optional }: Arguments) {
  const properties: Properties = {};
  for (const argument of [...required, ...optional]) {
    properties[argument.name] = { type: argument.type, description: argument.description };
  }
  const inputSchema = {
    type: "object" as const,
    properties,
    required: required.map((argument) => argument.name),
  };
  return { name, description, inputSchema };
}

function unbalanced(args: Readonly<Record<string, unknown>>): string | undefined {
  const expression = String(args["query"]);
  const isBalanced = expression.split("(").length === expression.split(")").length;
  return isBalanced ? undefined : "parse error: unclosed left parenthesis";
}
