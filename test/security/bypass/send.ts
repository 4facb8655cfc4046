/** A vector as one HTTP request, its headers and chunks as they are. */

import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";

import { JSON_TYPE, type Vector } from "./vector.ts";

export interface Answer {
  readonly status: number;
  readonly text: string;
}

const LONGEST_MS = 10_000;

/** Sends a vector and returns the response; undefined when the connection broke or no response came in 10 s. */
export async function send(url: string, vector: Vector): Promise<Answer | undefined> {
  const { body, chunks, headers = { "content-type": JSON_TYPE } } = vector;
  const length = chunks === undefined ? { "content-length": body.byteLength } : {};
  const accept = "application/json, text/event-stream";
  const outgoing = request(url, {
    method: "POST",
    headers: { accept, ...length, ...headers },
    signal: AbortSignal.timeout(LONGEST_MS),
  });
  try {
    const answered = once(outgoing, "response");
    await Promise.race([writeChunks(outgoing, body, chunks ?? []), answered]);
    const [response]: IncomingMessage[] = await answered;
    return response && { status: response.statusCode ?? 0, text: await textOf(response) };
  } catch {
    return undefined;
  } finally {
    outgoing.destroy();
  }
}

async function writeChunks(
  outgoing: ReturnType<typeof request>,
  body: Buffer,
  lengths: readonly number[],
): Promise<void> {
  outgoing.setNoDelay(true);
  let from = 0;
  for (const length of lengths) {
    await new Promise((resolve) => outgoing.write(body.subarray(from, from + length), resolve));
    from += length;
  }
  outgoing.end(body.subarray(from));
}

async function textOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}
