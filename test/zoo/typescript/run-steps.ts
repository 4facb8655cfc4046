/** Runs the steps of the zoo with a client in JavaScript, and prints a line of JSON for each. */

import { setTimeout as delay } from "node:timers/promises";
import type { Json, Step } from "../plan.ts";

/** Where the server is. One of `http`, `sse` and `stdio` is given. */
export interface Target {
  /** Whether the client must not use the revisions from 2026-07-28 on. */
  readonly isLegacy?: boolean;
  readonly http?: string;
  readonly sse?: string;
  /** Program and arguments of a server to start. */
  readonly stdio?: readonly string[];
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Json) => void;
}

/** The operations of a client library. One that it does not offer is absent. */
export interface ZooClient {
  /** The server as the client knows it after it has connected. */
  readonly initialized: Json;
  /** Log messages that no step has shown yet. */
  readonly logs: unknown[];
  /** Whether the server sends log messages; a step that sets their level makes it so. */
  isLogging?: boolean;
  /** Requests that the server may send to this client, `cancel` where a call can be cancelled, and `progress` where it shows progress. */
  readonly can: readonly string[];
  ping?(): Promise<unknown>;
  tools(): Promise<unknown>;
  call(tool: string, input: Json | undefined, options: CallOptions): Promise<unknown>;
  resources?(): Promise<unknown>;
  templates?(): Promise<unknown>;
  read?(uri: string): Promise<unknown>;
  prompts?(): Promise<unknown>;
  prompt?(name: string, input: Json): Promise<unknown>;
  complete?(prompt: string, argument: string, value: string): Promise<unknown>;
  level?(level: string): Promise<unknown>;
  close(): Promise<void>;
}

/** Answers to the requests of a server. */
export const MODEL_ANSWER = {
  role: "assistant",
  model: "none",
  content: { type: "text", text: "because" },
} as const;
export const USER_ANSWER = { action: "accept", content: { name: "Ada" } } as const;
export const ROOTS = { roots: [{ uri: "file:///work", name: "work" }] };
export const CLIENT_INFO = { name: "zoo", version: "1.0.0" };

const ABSENT = { absent: true };
/** Far more than a notification needs that is already on its way. */
const WAIT_MS = 5_000;
const POLL_MS = 5;

/** Connects to the target of the first argument, runs the steps of the second, and ends. */
export async function runSteps(connect: (target: Target) => Promise<ZooClient>): Promise<void> {
  const [target, steps]: [Target, readonly Step[]] = JSON.parse(process.argv[2] ?? "[]");
  const client = await connect(target);
  print({ do: "initialize", result: client.initialized });
  for (const step of steps) print({ do: nameOf(step), ...(await outcomeOf(client, step)) });
  await client.close();
}

function nameOf(step: Step): string {
  const subject =
    "tool" in step ? step.tool : "name" in step ? step.name : "uri" in step ? step.uri : undefined;
  return subject === undefined ? step.do : `${step.do} ${subject}`;
}

async function outcomeOf(client: ZooClient, step: Step): Promise<object> {
  try {
    return await take(client, step);
  } catch (error) {
    return { error: errorOf(error) };
  }
}

async function take(client: ZooClient, step: Step): Promise<object> {
  if (step.do === "call") return call(client, step);
  if (step.do === "cancel") return cancel(client, step.tool, step.arguments);
  const pending = {
    ping: () => client.ping?.(),
    tools: () => client.tools(),
    resources: () => client.resources?.(),
    templates: () => client.templates?.(),
    read: () => client.read?.("uri" in step ? step.uri : ""),
    prompts: () => client.prompts?.(),
    prompt: () => ("name" in step ? client.prompt?.(step.name, step.arguments) : undefined),
    complete: () =>
      "prompt" in step ? client.complete?.(step.prompt, step.argument, step.value) : undefined,
    level: () => ("level" in step ? client.level?.(step.level) : undefined),
  }[step.do]();
  if (pending === undefined) return ABSENT;
  const result = (await pending) ?? null;
  if (step.do === "level") client.isLogging = true;
  return { result };
}

async function call(client: ZooClient, step: Extract<Step, { do: "call" }>): Promise<object> {
  if (step.needs !== undefined && !client.can.includes(step.needs)) return ABSENT;
  const progress: Json[] = [];
  const wanted = client.can.includes("progress") ? (step.progress ?? 0) : 0;
  const options = wanted === 0 ? {} : { onProgress: (sent: Json) => progress.push(sent) };
  const result = await client.call(step.tool, step.arguments, options);
  await until(() => progress.length >= wanted);
  const logs = client.isLogging === true ? (step.logs ?? 0) : 0;
  await until(() => client.logs.length >= logs);
  return { result, progress: progress.slice(0, wanted), logs: client.logs.splice(0, logs) };
}

async function cancel(client: ZooClient, tool: string, input: Json): Promise<object> {
  if (!client.can.includes("cancel")) return ABSENT;
  const abort = new AbortController();
  const onProgress = () => abort.abort("not needed any more");
  return { result: await client.call(tool, input, { signal: abort.signal, onProgress }) };
}

function errorOf(error: unknown): Json {
  if (!(error instanceof Error)) return { message: String(error) };
  const { code, data } = error as Error & { code?: unknown; data?: unknown };
  return {
    name: error.name,
    message: error.message,
    ...(code !== undefined && { code }),
    ...(data !== undefined && { data }),
  };
}

/** Waits until the claim holds, at most `WAIT_MS`: the transcript then shows what is missing. */
async function until(claim: () => boolean): Promise<void> {
  const endsAt = performance.now() + WAIT_MS;
  while (!claim() && performance.now() < endsAt) await delay(POLL_MS);
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
