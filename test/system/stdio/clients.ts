/** The official TypeScript and Python clients behind one face, over stdio and over HTTP. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { CallToolResultSchema, McpError } from "@modelcontextprotocol/sdk/types.js";
import * as z from "zod";
import { pythonProgram } from "./python.ts";

export type Target =
  | { readonly command: readonly string[]; readonly environment: Readonly<Record<string, string>> }
  | { readonly url: string };

export interface Answer {
  /** Of a result, or an error of the protocol. */
  readonly isError: boolean;
  readonly text: string;
}

export interface OfficialClient {
  listTools(): Promise<readonly string[]>;
  call(name: string, input: Readonly<Record<string, unknown>>): Promise<Answer>;
  close(): Promise<void>;
}

/** The legacy client, which knows no other era. The command gets only the given environment. */
export async function connectTypescript(
  target: Extract<Target, { command: unknown }>,
): Promise<OfficialClient> {
  const [command = "", ...args] = target.command;
  const client = new Client({ name: "stdio-suite", version: "1.0.0" });
  await client.connect(
    new StdioClientTransport({ command, args, env: { ...target.environment }, stderr: "ignore" }),
  );
  return {
    listTools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: (name, input) => callTypescript(client, name, input),
    close: () => client.close(),
  };
}

async function callTypescript(
  client: Client,
  name: string,
  input: Readonly<Record<string, unknown>>,
): Promise<Answer> {
  try {
    const result = CallToolResultSchema.parse(await client.callTool({ name, arguments: { ...input } }));
    const texts = result.content.map((part) => (part.type === "text" ? part.text : ""));
    return { isError: result.isError === true, text: texts.join("") };
  } catch (error) {
    if (!(error instanceof McpError)) throw error;
    return { isError: true, text: error.message };
  }
}

const READY = z.object({ revision: z.string() });
const LISTED = z.object({ tools: z.array(z.string()) });
const ANSWERED = z.object({ isError: z.boolean(), text: z.string() });

/** The client that detects the era. @throws Error with the client's output when it cannot connect. */
export async function connectPython(target: Target): Promise<OfficialClient> {
  const program = join(import.meta.dirname, "client.py");
  const child = spawn(pythonProgram("python"), [program, JSON.stringify(target)]);
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4_000)));
  const ended = once(child, "close");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => {
    const line = await lines.next();
    if (line.done === true) throw new Error(`the Python client ended:\n${said}`);
    return JSON.parse(line.value);
  };
  const ask = (message: object): Promise<unknown> => {
    child.stdin.write(`${JSON.stringify(message)}\n`);
    return next();
  };
  READY.parse(await next());
  return {
    listTools: async () => LISTED.parse(await ask({ method: "tools/list" })).tools,
    call: async (name, input) => ANSWERED.parse(await ask({ method: "tools/call", name, arguments: input })),
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
