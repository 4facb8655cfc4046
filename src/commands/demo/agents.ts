/** The demo's three agents: one keeps to the policy, one exceeds its limit, one tries forbidden tools. */

import { setTimeout as pause } from "node:timers/promises";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { McpError } from "@modelcontextprotocol/sdk/types.js";
import { isBusyError, type Patience, whenServed } from "./busy.ts";

/** The header with the agent's name; the demo's sidecar trusts it from loopback. */
export const AGENT_HEADER = "X-Agent-Id";

interface Step {
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
}

export interface Agent {
  readonly name: string;
  /** The calls of a round; the first round is 0. */
  readonly steps: (round: number) => readonly Step[];
  /** Whether all calls of a round are sent concurrently. */
  readonly isBursting: boolean;
  /** Whether the agent also sends messages with duplicate keys, which Tollgate refuses before the policy. */
  readonly sendsDuplicateKeys?: boolean;
}

/** Called when an agent begins and ends to wait for a busy machine or sidecar. */
export type OnWait = (agent: string, isWaiting: boolean) => void;

export interface AgentRun {
  readonly url: string;
  /** Number of rounds; `Infinity` runs until the signal. */
  readonly rounds: number;
  readonly signal: AbortSignal;
  /** Absent: all three. */
  readonly agents?: readonly Agent[];
  readonly onWait?: OnWait;
}

const ROUND_PAUSE_MS = 3_000;
const STEP_PAUSE_MS = 50;

const ROLE = "arn:aws:iam::111122223333:role/demo";
const QUERY = "sum by (job) (rate(http_requests_total[5m]))";

// More than twice the limit of 10, so that the burst exceeds it even when a minute ends inside it.
const FIRST_BURST = 21;
const LATER_BURST = 3;

export const AGENTS: readonly Agent[] = [
  { name: "capacity-planner", isBursting: false, steps: planSteps },
  { name: "batch-runner", isBursting: true, steps: burstSteps },
  { name: "curious-intern", isBursting: false, sendsDuplicateKeys: true, steps: probeSteps },
];

/** Runs all agents concurrently; waits for calls in flight before it returns. */
export async function runAgents(run: AgentRun): Promise<void> {
  await Promise.all((run.agents ?? AGENTS).map((agent) => runAgent(agent, run)));
}

async function runAgent(agent: Agent, { url, rounds, signal, onWait }: AgentRun): Promise<void> {
  const patience: Patience = { signal, onWait: (isWaiting) => onWait?.(agent.name, isWaiting) };
  const client = await whenServed(() => connect(url, agent.name), patience);
  if (client === undefined) return;
  for (let round = 0; round < rounds && !signal.aborted; round++) {
    if (round > 0) await pause(ROUND_PAUSE_MS, undefined, { signal }).catch(() => undefined);
    await whenServed(() => client.listTools(), patience);
    await runRound(client, agent, { steps: agent.steps(round), patience });
    if (agent.sendsDuplicateKeys === true && round % 5 === 1)
      await whenServed(() => sendDuplicateKeys(url, agent.name), patience);
  }
  await disconnect(client);
}

async function connect(url: string, name: string): Promise<Client> {
  const client = new Client({ name, version: "1.0.0" });
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: { [AGENT_HEADER]: name } },
  });
  await client.connect(transport);
  return client;
}

/** A busy sidecar that does not end the session forgets it later. */
async function disconnect(client: Client): Promise<void> {
  try {
    if (client.transport instanceof StreamableHTTPClientTransport) await client.transport.terminateSession();
  } catch (error) {
    if (!isBusyError(error)) throw error;
  }
  await client.close();
}

async function runRound(
  client: Client,
  agent: Agent,
  { steps, patience }: { steps: readonly Step[]; patience: Patience },
): Promise<void> {
  const { signal } = patience;
  if (agent.isBursting) {
    await Promise.all(steps.map((step) => whenServed(() => callTool(client, step), patience)));
    return;
  }
  for (const step of steps) {
    if (signal.aborted) return;
    await whenServed(() => callTool(client, step), patience);
    await pause(STEP_PAUSE_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Duplicate key `name`: a parser that takes the first sees another tool than one that takes the last. */
async function sendDuplicateKeys(url: string, agent: string): Promise<void> {
  const call = '{"name":"ListAHOBatches","name":"DeleteAHOBatch","arguments":{}}';
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", [AGENT_HEADER]: agent },
    body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${call}}`,
  });
  await response.text();
}

/** Ignores JSON-RPC errors but a timeout; the demo reads outcomes from the metrics. */
async function callTool(client: Client, { tool, args }: Step): Promise<void> {
  try {
    await client.callTool({ name: tool, arguments: args });
  } catch (error) {
    if (!(error instanceof McpError) || isBusyError(error)) throw error;
  }
}

function planSteps(round: number): readonly Step[] {
  const look = [
    { tool: "ExecuteQuery", args: { query: QUERY } },
    { tool: "GetAHOBatch", args: { batch_id: "batch-1" } },
  ];
  const survey = [
    { tool: "GetAvailableWorkspaces", args: {} },
    { tool: "ListMetrics", args: {} },
    { tool: "ExecuteRangeQuery", args: { query: QUERY, start: "1767225600", end: "1767229200", step: "1m" } },
    // An unbalanced query: allowed by the policy, answered by the server with a tool error.
    { tool: "ExecuteQuery", args: { query: "sum(rate(http_requests_total[5m])" } },
    // A tool that the policy allows and the server lacks: a protocol error.
    { tool: "ListAHORunsInBatch", args: { batch_id: "batch-1" } },
  ];
  // After two minutes the agent calls a tool that is new to it.
  const cancel =
    round >= 40 && round % 8 === 0 ? [{ tool: "CancelAHORunBatch", args: { batch_id: "batch-1" } }] : [];
  return round % 4 === 0 ? [...survey, ...look, ...cancel] : look;
}

function burstSteps(round: number): readonly Step[] {
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

function probeSteps(): readonly Step[] {
  return [
    { tool: "ListAHOBatches", args: {} },
    { tool: "DeleteAHORunBatch", args: { batch_id: "batch-1" } },
    { tool: "DeleteAHOBatch", args: { batch_id: "batch-1" } },
    { tool: "StartAHORun", args: { workflow_id: "1", role_arn: ROLE, output_uri: "s3://demo/out/" } },
    { tool: "ExecuteQuery", args: { query: "up", profile: "production-admin" } },
    { tool: "ExecuteQuery", args: { query: '{__name__=~".+"}' } },
    // The step must be a text such as "1m": the condition is not evaluable on a number, so the policy denies.
    { tool: "ExecuteRangeQuery", args: { query: "up", start: "1767225600", end: "1767229200", step: 60 } },
    { tool: "DropEverything", args: {} },
  ];
}
