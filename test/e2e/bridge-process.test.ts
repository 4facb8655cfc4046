/** The bridge as a program: it leaves no child process behind, however it ends. */

import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { INITIALIZE, modernRequest, stdioServer } from "../fixtures/bridge.ts";
import { startTollgate } from "../fixtures/lifetime.ts";
import { post } from "../fixtures/post.ts";
import { isRunning } from "../fixtures/processes.ts";
import { until } from "../fixtures/start-sidecar.ts";
import { MAIN } from "../fixtures/start-wrap.ts";

async function childrenOf(url: string): Promise<number[]> {
  const opened = await post(url, INITIALIZE);
  const session = { "mcp-session-id": opened.headers.get("mcp-session-id") ?? "" };
  await post(url, { id: undefined, method: "notifications/initialized" }, session);
  const responses = await Promise.all([
    post(url, { id: 2, method: "test/received" }, session),
    post(url, ...modernRequest(2, "test/received")),
  ]);
  const texts = await Promise.all(responses.map((response) => response.text()));
  return texts.map((text) => Number(/"pid":(\d+)/.exec(text)?.[1]));
}

it.each(["SIGTERM", "SIGKILL"] as const)("leaves no child when it ends by %s", async (signal) => {
  const { command, args } = stdioServer("puppet");
  const flags = ["--log-level", "error"];
  const tollgate = await startTollgate({ command: [command, ...args], flags });
  const pids = await childrenOf(tollgate.url);
  expect(pids.map(isRunning)).toEqual([true, true]);
  await tollgate.stop(signal);
  if (signal === "SIGTERM") expect(pids.map(isRunning)).toEqual([false, false]);
  await until(() => !pids.some(isRunning));
});

it("ends with 69 when the command cannot be started, and says which", () => {
  const flags = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-level", "silent"];
  const { status, stderr } = spawnSync(process.execPath, [MAIN, ...flags, "--", "no-such-program"]);
  expect(status).toBe(69);
  expect(String(stderr)).toContain("tollgate: `no-such-program` cannot be started");
});
