/** The official Python SDK over HTTP+SSE, on either side of Tollgate and on both. */

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { atEnd, startSidecar } from "../fixtures/lifetime.ts";
import { type EverythingServer, startEverythingServer } from "../fixtures/servers/everything.ts";
import { pythonProgram } from "./stdio/python.ts";

const POLICY = {
  version: "1",
  default: "allow",
  hide: ["secret", "get-env"],
  tools: { echo: { limits: [{ counter: "echoes", window: "hour", max: 1 }] } },
};
const FLAGS = { "serve-sse": "true" };

/** The address of the stream of a server of the Python SDK. */
async function startPythonServer(): Promise<string> {
  const child = spawn(pythonProgram("python"), [join(import.meta.dirname, "stdio/sse_server.py")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  atEnd(() => child.kill("SIGKILL"));
  const [line] = await once(createInterface(child.stdout), "line");
  return String(line);
}

type Call = readonly [name: string, args: object];

/** The lines that the Python client prints: its revision, the tools, and the answer to each call. */
async function askPython(url: string, calls: readonly Call[]): Promise<readonly unknown[]> {
  const program = join(import.meta.dirname, "stdio/sse_client.py");
  const target = new URL("/sse", url).href;
  const { stdout } = await promisify(execFile)(pythonProgram("python"), [
    program,
    target,
    JSON.stringify(calls),
  ]);
  return stdout
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
}

const ECHO: Call = ["echo", { message: "a line\u2028of text" }];
const ECHOED = expect.objectContaining({
  isError: false,
  text: expect.stringContaining("a line\u2028of text"),
});
const LIMITED = { isError: true, text: expect.stringMatching(/^\[POLICY DENIED\]/) };

describe("the Python client of HTTP+SSE", () => {
  let everything: EverythingServer;
  beforeAll(async () => (everything = await startEverythingServer()));
  afterAll(() => everything.close());

  it("uses a server of Streamable HTTP, judged and limited", async () => {
    const sidecar = await startSidecar({ upstream: everything.url, policy: POLICY, flags: FLAGS });
    const [handshake, list, ...answers] = await askPython(sidecar.url, [ECHO, ECHO, ["get-env", {}]]);
    expect(handshake).toMatchObject({ revision: expect.stringMatching(/^20/) });
    expect(list).toMatchObject({ tools: expect.not.arrayContaining(["get-env"]) });
    expect(answers).toEqual([
      ECHOED,
      LIMITED,
      { isError: true, text: expect.stringContaining("Unknown tool") },
    ]);
    expect(await sidecar.metric("tollgate_tool_calls_total", { tool: "echo" })).toBe(2);
  });

  it("uses a stdio server, and a server of its own transport", async () => {
    const command = [pythonProgram("mcp-server-time"), "--local-timezone", "UTC"];
    const bridge = await startSidecar({ command, flags: FLAGS });
    const [, list, answer] = await askPython(bridge.url, [["get_current_time", { timezone: "UTC" }]]);
    expect(list).toMatchObject({ tools: expect.arrayContaining(["get_current_time"]) });
    expect(answer).toMatchObject({ isError: false });

    const sidecar = await startSidecar({ upstream: await startPythonServer(), policy: POLICY, flags: FLAGS });
    const [, , ...answers] = await askPython(sidecar.url, [ECHO, ECHO, ["count", { steps: 3 }]]);
    expect(answers).toEqual([ECHOED, LIMITED, { isError: false, text: "done" }]);
  });
});

describe("the Python server of HTTP+SSE", () => {
  it("is used by a client of Streamable HTTP, judged, limited and with progress", async () => {
    const sidecar = await startSidecar({ upstream: await startPythonServer(), policy: POLICY });
    const client = new Client({ name: "new", version: "1" });
    await client.connect(new StreamableHTTPClientTransport(new URL(sidecar.url)));
    expect((await client.listTools()).tools.map(({ name }) => name).toSorted()).toEqual(["count", "echo"]);
    const echo = { name: "echo", arguments: { message: "over SSE" } };
    expect(JSON.stringify((await client.callTool(echo)).content)).toContain("over SSE");
    expect((await client.callTool(echo)).isError).toBe(true);
    const progress: number[] = [];
    const options = { onprogress: (each: { progress: number }) => progress.push(each.progress) };
    await client.callTool({ name: "count", arguments: { steps: 3 } }, undefined, options);
    expect(progress).toEqual([1, 2, 3]);
    await client.close();
  });
});
