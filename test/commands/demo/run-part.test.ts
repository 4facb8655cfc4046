/** The demo's parts in processes of their own, as docker-compose.yml starts them. */

import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { runDemo } from "../../../src/commands/demo.ts";
import { parseSettings } from "../../../src/config/settings/parse-settings.ts";
import { type Sidecar, startSidecar } from "../../../src/sidecar/sidecar.ts";
import { freePorts } from "../../fixtures/free-port.ts";
import { until } from "../../fixtures/start-sidecar.ts";

interface Part {
  readonly stdout: () => string;
  readonly ended: Promise<{ code: number; stderr: string }>;
  readonly end: () => Promise<unknown>;
}

const parts: { end: () => Promise<unknown> }[] = [];

function start(argv: readonly string[]): Part {
  const abort = new AbortController();
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  let said = "";
  stdout.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
  const complaint = text(stderr);
  const code = runDemo(argv, { startSidecar, stdout, stderr, signal: abort.signal });
  const ended = code.finally(() => stderr.end()).then(async (code) => ({ code, stderr: await complaint }));
  const end = async (): Promise<unknown> => {
    abort.abort();
    return ended;
  };
  const part = { stdout: () => said, ended, end };
  parts.push(part);
  return part;
}

async function startBetween(upstream: string, listen: string): Promise<Sidecar> {
  const flags = { upstream, listen, admin: "127.0.0.1:0", "log-level": "silent" };
  const parsed = parseSettings({ flags, environment: {}, isTerminal: false });
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  const sidecar = await startSidecar(parsed.settings);
  parts.push({ end: sidecar.stop });
  return sidecar;
}

afterEach(async () => {
  for (const part of parts.splice(0).toReversed()) await part.end();
});

describe("tollgate demo --part", () => {
  it("runs server and one agent apart, with a sidecar between them", async () => {
    const [port, sidecarPort] = await freePorts(2);
    const server = start(["--part", "server", "--listen", `127.0.0.1:${port}`]);
    await until(() => server.stdout() === `the demo's server listens at http://127.0.0.1:${port}/mcp\n`);
    const sidecar = await startBetween(`http://127.0.0.1:${port}/mcp`, `127.0.0.1:${sidecarPort}`);
    const to = ["--part", "agents", "--url", sidecar.url];
    const agents = start([...to, "--agent", "curious-intern", "--rounds", "1"]);
    expect(await agents.ended).toEqual({ code: 0, stderr: "" });
    const metrics = await (await fetch(`${sidecar.adminUrl}/metrics`)).text();
    expect(metrics).toMatch(/tollgate_tool_calls_total\{[^}]*agent="curious-intern"/);
    expect(metrics).not.toMatch(/tollgate_tool_calls_total\{[^}]*agent="batch-runner"/);
    await server.end();
    expect(await server.ended).toEqual({ code: 0, stderr: "" });
  });

  it("ends with 69 and says so when the sidecar is not there", async () => {
    const [port] = await freePorts(1);
    const { ended } = start(["--part", "agents", "--url", `http://127.0.0.1:${port}/mcp`]);
    const { code, stderr } = await ended;
    expect(code).toBe(69);
    expect(stderr).toContain("is the sidecar up?");
  });

  it("ends with 69 when the server's address is taken, and with 64 when it is none", async () => {
    const [port] = await freePorts(1);
    const listen = ["--part", "server", "--listen", `127.0.0.1:${port}`];
    const first = start(listen);
    await until(() => first.stdout() !== "");
    expect(await start(listen).ended).toMatchObject({ code: 69 });
    expect(await start(["--part", "server", "--listen", "nowhere"]).ended).toEqual({
      code: 64,
      stderr: 'tollgate demo: --listen: must be HOST:PORT, got "nowhere"\n',
    });
  });
});
