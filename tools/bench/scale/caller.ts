/** Sends calls through the sidecar or directly to the server, in sequence on each of a number of connections. */

import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { quantile } from "./curve.ts";

const agent = new Agent({ keepAlive: true, maxSockets: Infinity });

export interface Call {
  readonly url: string;
  /** One JSON-RPC request. Absent: a GET opens a stream. */
  readonly body?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Load {
  readonly atOnce: number;
  /** Whichever bound is reached first ends the load. */
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

/** Runs the load and returns the time of each call. @throws when a response is not a result */
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

/** Returns the milliseconds until the whole response has arrived. */
export async function timeCall(call: Call): Promise<number> {
  const startedMs = performance.now();
  const response = await openResponse(call);
  let beginning: Buffer | undefined;
  response.on("data", (chunk: Buffer) => (beginning ??= chunk));
  await once(response, "end");
  const text = beginning?.toString("latin1", 0, 200) ?? "";
  // A denial is also a result, with `isError`.
  if (response.statusCode !== 200 || !text.includes('"result"') || text.includes('"isError":true'))
    throw new Error(`a call was answered with ${response.statusCode} ${text}`);
  return performance.now() - startedMs;
}

/** Returns the head of a response; its body is not read yet. */
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
