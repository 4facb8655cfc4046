/** The requests that the load generators send, as HTTP bytes. The generators count up the seven digits of the id. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Testbed } from "../testbed.ts";
import type { Subject } from "../subjects/subject.ts";

/** The tool that the policy allows, with a condition on an argument and a limit. */
export const CALLED_TOOL = "service_operation_tool_7";

/** 350 bytes. */
const CALL_PARAMS = {
  name: CALLED_TOOL,
  arguments: {
    resource: "arn:aws:omics:eu-central-1:123456789012:workflow/1234567",
    reason: "rerun of the samples that failed last night",
    batch: { size: 20, runs: [{ runName: "sample-1" }, { runName: "sample-2" }] },
  },
  _meta: { progressToken: 7 },
};

export interface Message {
  readonly method: string;
  readonly params?: object;
}

export const SMALL_CALL: Message = { method: "tools/call", params: CALL_PARAMS };
export const LIST_TOOLS: Message = { method: "tools/list", params: {} };

/** Returns a call whose result has this size. */
export function bigCall(megabytes: 1 | 10): Message {
  return { method: "tools/call", params: { name: `result_${megabytes}mb`, arguments: { resource: "log" } } };
}

export function bodyOf({ method, params }: Message): string {
  return JSON.stringify({ jsonrpc: "2.0", id: 1_000_000, method, ...(params !== undefined && { params }) });
}

export function headersOf({ headers }: Subject): Readonly<Record<string, string>> {
  return {
    "Content-Type": "application/json",
    Accept: "application/json, text/event-stream",
    "MCP-Protocol-Version": "2025-06-18",
    "X-Agent": "batch-runner",
    ...headers,
  };
}

/** Writes the request for this subject to a file and returns its path. */
export function writeRequest({ folder }: Testbed, subject: Subject, message: Message): string {
  const body = bodyOf(message);
  const lines = [
    `POST ${subject.path} HTTP/1.1`,
    `Host: 127.0.0.1:${subject.port}`,
    ...Object.entries(headersOf(subject)).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  const file = join(folder, `${subject.name}.${message.method.replace("/", "-")}.request`);
  writeFileSync(file, `${lines.join("\r\n")}\r\n\r\n${body}`);
  return file;
}
