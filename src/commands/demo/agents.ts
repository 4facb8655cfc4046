/** The three agents of the demo: one behaves, one bursts into its limit, one probes what is closed. */

import { setTimeout as pause } from "node:timers/promises";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { McpError } from "@modelcontextprotocol/sdk/types.js";

/** The header in which each agent says its name; the demo's sidecar believes it from this machine. */
export const AGENT_HEADER = "X-Agent-Id";

interface Step {
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
}

export interface Agent {
  readonly name: string;
  /** The steps of one round, counted from 0. */
  readonly steps: (round: number) => readonly Step[];
  /** A burst sends the whole round at once. */
  readonly isBursting: boolean;
  /** Sends messages that no policy ever sees, because they are refused as they are. */
  readonly isSmuggling?: boolean;
}

export interface Performance {
  readonly url: string;
  /** How many rounds; `Infinity` goes on until the signal. */
  readonly rounds: number;
  readonly signal: AbortSignal;
  /** Absent: all of them. */
  readonly agents?: readonly Agent[];
}

const ROUND_PAUSE_MS = 3_000;
const STEP_PAUSE_MS = 50;

const ROLE = "arn:aws:iam::111122223333:role/demo";
const QUERY = "sum by (job) (rate(http_requests_total[5m]))";

// The first burst is more than twice the limit of 10, so that it overruns even when a minute ends inside it.
const FIRST_BURST = 21;
const LATER_BURST = 3;

export const AGENTS: readonly Agent[] = [
  { name: "capacity-planner", isBursting: false, steps: plan },
  { name: "batch-runner", isBursting: true, steps: burst },
  { name: "curious-intern", isBursting: false, isSmuggling: true, steps: probe },
];

/** Plays every agent's rounds side by side; a call that was begun is finished before this returns. */
export async function playAgents(performance: Performance): Promise<void> {
  await Promise.all((performance.agents ?? AGENTS).map((agent) => play(agent, performance)));
}

async function play(agent: Agent, { url, rounds, signal }: Performance): Promise<void> {
  const client = new Client({ name: agent.name, version: "1.0.0" });
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: { [AGENT_HEADER]: agent.name } },
  });
  await client.connect(transport);
  for (let round = 0; round < rounds && !signal.aborted; round++) {
    if (round > 0) await pause(ROUND_PAUSE_MS, undefined, { signal }).catch(() => undefined);
    await client.listTools();
    await playRound(client, agent, { steps: agent.steps(round), signal });
    if (agent.isSmuggling === true && round % 5 === 1) await smuggle(url, agent.name);
  }
  await transport.terminateSession();
  await client.close();
}

async function playRound(
  client: Client,
  agent: Agent,
  { steps, signal }: { steps: readonly Step[]; signal: AbortSignal },
): Promise<void> {
  if (agent.isBursting) {
    await Promise.all(steps.map((step) => take(client, step)));
    return;
  }
  for (const step of steps) {
    if (signal.aborted) return;
    await take(client, step);
    await pause(STEP_PAUSE_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Two names for one tool: a reader that takes the first sees another call than one that takes the last. */
async function smuggle(url: string, agent: string): Promise<void> {
  const call = '{"name":"ListAHOBatches","name":"DeleteAHOBatch","arguments":{}}';
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", [AGENT_HEADER]: agent },
    body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${call}}`,
  });
  await response.text();
}

/** A JSON-RPC error is an answer like any other here: what came of the call is read from the metrics. */
async function take(client: Client, { tool, args }: Step): Promise<void> {
  try {
    await client.callTool({ name: tool, arguments: args });
  } catch (error) {
    if (!(error instanceof McpError)) throw error;
  }
}

function plan(round: number): readonly Step[] {
  const look = [
    { tool: "ExecuteQuery", args: { query: QUERY } },
    { tool: "GetAHOBatch", args: { batch_id: "batch-1" } },
  ];
  const survey = [
    { tool: "GetAvailableWorkspaces", args: {} },
    { tool: "ListMetrics", args: {} },
    { tool: "ExecuteRangeQuery", args: { query: QUERY, start: "1767225600", end: "1767229200", step: "1m" } },
    // A slip of its own: the server answers with an error, the sidecar lets it pass.
    { tool: "ExecuteQuery", args: { query: "sum(rate(http_requests_total[5m])" } },
    // The policy allows this tool, and the server does not have it: an error of the protocol, not of a tool.
    { tool: "ListAHORunsInBatch", args: { batch_id: "batch-1" } },
  ];
  // After two minutes it has a new habit: an agent that meets a tool for the first time.
  const cancel =
    round >= 40 && round % 8 === 0 ? [{ tool: "CancelAHORunBatch", args: { batch_id: "batch-1" } }] : [];
  return round % 4 === 0 ? [...survey, ...look, ...cancel] : look;
}

function burst(round: number): readonly Step[] {
  const size = round === 0 ? FIRST_BURST : LATER_BURST;
  const batches = Array.from({ length: size }, () => startBatch({ inlineSettings: [{ runSettingId: "a" }] }));
  const unbounded = startBatch({ s3UriSettings: "s3://demo/all-100000-runs.json" });
  const args = {
    sequence_store_id: "1",
    destination_s3_uri: "s3://demo/",
    role_arn: ROLE,
    read_set_ids: ["1", "2"],
  };
  return [...batches, unbounded, { tool: "StartAHOReadSetExportJob", args }];
}

function startBatch(settings: object): Step {
  const common = { workflow_id: "1", role_arn: ROLE, output_uri: "s3://demo/out/" };
  return { tool: "StartAHORunBatch", args: { ...common, batch_run_settings: settings } };
}

function probe(): readonly Step[] {
  return [
    { tool: "ListAHOBatches", args: {} },
    { tool: "DeleteAHORunBatch", args: { batch_id: "batch-1" } },
    { tool: "DeleteAHOBatch", args: { batch_id: "batch-1" } },
    { tool: "StartAHORun", args: { workflow_id: "1", role_arn: ROLE, output_uri: "s3://demo/out/" } },
    { tool: "ExecuteQuery", args: { query: "up", profile: "production-admin" } },
    { tool: "ExecuteQuery", args: { query: '{__name__=~".+"}' } },
    // A step is a text such as "1m": of a number the policy cannot tell, and so it denies.
    { tool: "ExecuteRangeQuery", args: { query: "up", start: "1767225600", end: "1767229200", step: 60 } },
    { tool: "DropEverything", args: {} },
  ];
}
