/** Event streams that are quiet: comments between events keep them open. */

import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { stdioServer } from "../fixtures/bridge.ts";
import { serve, startSidecar } from "../fixtures/lifetime.ts";
import { EMPTY_RESULT } from "../fixtures/loopback-server.ts";
import { post } from "../fixtures/post.ts";

const QUIET_MS = 40;
const COMMENT = ": keepalive\n\n";
const CALL = { method: "tools/call", params: { name: "t", arguments: {} } };
const LIST = { method: "tools/list" };
const GUARDED = "server-requests: { sampling: deny }\n";

/** The URL of a sidecar before a server that writes these parts of an event stream, with a pause after each. */
async function before(
  parts: readonly string[],
  { quietMs = QUIET_MS, config }: { quietMs?: number; config?: string } = {},
): Promise<string> {
  const write = async (response: ServerResponse): Promise<void> => {
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    for (const part of parts) {
      response.write(part);
      await sleep(5 * QUIET_MS);
    }
    response.end();
  };
  const upstream = await serve((_body, response) => void write(response));
  const options = { upstream: upstream.url, bounds: { streamQuietMs: quietMs } };
  return (await startSidecar(config === undefined ? options : { ...options, config })).url;
}

describe("a quiet event stream", () => {
  it.each([
    ["a call's stream", CALL],
    ["a list's stream, which is filtered", LIST],
    [
      "a subscription",
      { method: "subscriptions/listen", params: { notifications: { toolsListChanged: true } } },
    ],
  ])("carries comments between events: %s", async (_what, message) => {
    const text = await (
      await post(await before([`: hello\n\n`, `data: ${EMPTY_RESULT}\n\n`]), message)
    ).text();
    expect(text).toContain(`: hello\n\n${COMMENT}`);
    expect(text).toContain(`data: ${EMPTY_RESULT}\n\n${COMMENT}`);
    expect(text.replaceAll(COMMENT, "")).toBe(`: hello\n\ndata: ${EMPTY_RESULT}\n\n`);
  });

  it("carries comments when it is opened by GET, from its head on", async () => {
    const url = await before(["", ""]);
    const text = await (await fetch(url, { headers: { accept: "text/event-stream" } })).text();
    expect(text.length).toBeGreaterThan(COMMENT.length);
    expect(text.replaceAll(COMMENT, "")).toBe("");
  });

  it.each([
    ["in a line", ["data: ", `${EMPTY_RESULT}\n\n`]],
    ["after a line", [`data: ${EMPTY_RESULT}\n`, "\n"]],
    ["after the name", ["event: message\r", `data: ${EMPTY_RESULT}\r\r`]],
    ["after a comment that ends no event", [": x\r\n", `data: ${EMPTY_RESULT}\r\n\r\n`]],
  ])("carries no comment within an event: %s", async (_where, parts) => {
    for (const config of ["", GUARDED]) {
      const text = await (await post(await before(parts, { config }), CALL)).text();
      expect(text.replaceAll(COMMENT, "")).toBe(parts.join(""));
      expect(text).toContain(parts.join(""));
    }
  });

  it("carries no comment when they are turned off", async () => {
    const url = await before([`: hello\n\n`, `data: ${EMPTY_RESULT}\n\n`], { quietMs: 0 });
    expect(await (await post(url, CALL)).text()).toBe(`: hello\n\ndata: ${EMPTY_RESULT}\n\n`);
  });

  it("carries comments before a wrapped server, too", async () => {
    const { command, args } = stdioServer("plain");
    const { url } = await startSidecar({ command: [command, ...args], bounds: { streamQuietMs: QUIET_MS } });
    const hello = {
      protocolVersion: "2025-06-18",
      capabilities: {},
      clientInfo: { name: "c", version: "1" },
    };
    const accept = { accept: "application/json, text/event-stream" };
    const opened = await post(url, { method: "initialize", params: hello }, accept);
    const session = { "mcp-session-id": opened.headers.get("mcp-session-id") ?? "" };
    await opened.text();
    await post(url, `{"jsonrpc":"2.0","method":"notifications/initialized"}`, { ...accept, ...session });
    const aborter = new AbortController();
    const stream = await fetch(url, {
      headers: { accept: "text/event-stream", ...session },
      signal: aborter.signal,
    });
    const first = await stream.body?.getReader().read();
    expect(Buffer.from(first?.value ?? []).toString()).toBe(COMMENT);
    aborter.abort();
  });

  it("has no comment in a JSON response that takes long", async () => {
    const upstream = await serve((_body, response) => {
      response.writeHead(200, { "content-type": "application/json" }).write(" ");
      setTimeout(() => response.end(EMPTY_RESULT), 5 * QUIET_MS);
    });
    const { url } = await startSidecar({ upstream: upstream.url, bounds: { streamQuietMs: QUIET_MS } });
    expect(await (await post(url, CALL)).text()).toBe(` ${EMPTY_RESULT}`);
  });
});
