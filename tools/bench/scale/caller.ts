/** Calls through the sidecar, or past it: one after the other on as many connections as are asked for. */

import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { quantile } from "./curve.ts";

const agent = new Agent({ keepAlive: true, maxSockets: Infinity });

export interface Call {
  readonly url: string;
  /** One JSON-RPC request; absent: a stream is opened by GET. */
  readonly body?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Load {
  readonly atOnce: number;
  /** Either may end it. */
  readonly forMs: number;
  readonly maxCalls?: number;
  readonly call: (index: number) => Call;
}

export interface Timings {
  readonly calls: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export function toolCall(args: object, name = "service_operation_tool_1"): Buffer {
  const params = { name, arguments: args };
  return Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }));
}

export const TOOLS_LIST = Buffer.from(
  JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: {} }),
);

/** How long each call took. @throws when one is not answered with a result. */
export async function driveLoad({ atOnce, forMs, maxCalls: most = Infinity, call }: Load): Promise<Timings> {
  const startedMs = performance.now();
  const took: number[] = [];
  let next = 0;
  const one = async (): Promise<void> => {
    while (performance.now() - startedMs < forMs && next < most) {
      const index = next;
      next += 1;
      took.push(await timeCall(call(index)));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return { calls: took.length, p50Ms: quantile(took, 0.5), p99Ms: quantile(took, 0.99) };
}

/** Milliseconds until the whole answer was there. */
export async function timeCall(call: Call): Promise<number> {
  const startedMs = performance.now();
  const response = await openResponse(call);
  let beginning: Buffer | undefined;
  response.on("data", (chunk: Buffer) => (beginning ??= chunk));
  await once(response, "end");
  const text = beginning?.toString("latin1", 0, 200) ?? "";
  // A denial is a result too, and says so.
  if (response.statusCode !== 200 || !text.includes('"result"') || text.includes('"isError":true'))
    throw new Error(`a call was answered with ${response.statusCode} ${text}`);
  return performance.now() - startedMs;
}

/** The head of an answer, whose body is yet to be read. */
export async function openResponse({ url, body, headers }: Call): Promise<IncomingMessage> {
  const outgoing = request(url, {
    agent,
    method: body === undefined ? "GET" : "POST",
    headers: { "content-type": "application/json", accept: ACCEPT, ...lengthOf(body), ...headers },
  });
  outgoing.on("error", () => undefined);
  outgoing.end(body);
  const [response] = await once(outgoing, "response");
  return response;
}

const ACCEPT = "application/json, text/event-stream";

function lengthOf(body: Buffer | undefined): Record<string, number> {
  return body === undefined ? {} : { "content-length": body.length };
}
