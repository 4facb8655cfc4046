/** A sidecar that does not keep up refuses what is new, says so, and serves again when it keeps up. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseSamples } from "../../src/commands/demo/samples.ts";
import { type LoopbackServer, sendJson, serveOnLoopback } from "../fixtures/loopback-server.ts";
import { until } from "../fixtures/start-sidecar.ts";
import { type RunningTollgate, startTollgateProcess } from "../fixtures/start-tollgate.ts";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const CALL = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run"}}`;

let folder: string;
let upstream: LoopbackServer;
let tollgate: RunningTollgate;
let reached: number;

beforeEach(async () => {
  reached = 0;
  folder = mkdtempSync(join(tmpdir(), "tollgate-overload-"));
  upstream = await serveOnLoopback((request, response) => {
    request.resume().on("end", () => {
      reached += 1;
      sendJson(response, `{"jsonrpc":"2.0","id":1,"result":{"content":[]}}`);
    });
  });
});
afterEach(async () => {
  await tollgate.stop("SIGKILL");
  upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

async function call(): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return fetch(tollgate.url, { method: "POST", headers, body: CALL });
}

async function refused(): Promise<number> {
  const text = await (await fetch(`${tollgate.adminUrl}/metrics`)).text();
  const samples = parseSamples(text).filter(({ name }) => name === "tollgate_messages_refused_total");
  return samples.find(({ labels }) => labels["cause"] === "overload")?.value ?? 0;
}

describe("an event loop that is late", () => {
  it("sheds new requests with Retry-After and counts them, stays healthy, and recovers", async () => {
    const config = join(folder, "config.yaml");
    writeFileSync(config, "bounds: { loop-delay-ms: 100 }\n");
    const preload = import.meta.resolve("../fixtures/busy-loop.ts");
    tollgate = await startTollgateProcess({
      upstream: upstream.url,
      environment: { NODE_OPTIONS: `--import ${preload}` },
      flags: ["--config", config],
    });
    expect((await call()).status).toBe(200);
    tollgate.signal("SIGUSR2");
    await until(async () => (await call()).status === 503);
    const before = reached;
    const shed = await call();
    expect([shed.status, shed.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await shed.json()).toMatchObject({ id: null, error: { code: -32600 } });
    expect(reached).toBe(before);
    expect((await fetch(`${tollgate.adminUrl}/healthz`)).status).toBe(200);
    expect(await refused()).toBeGreaterThanOrEqual(2);
    tollgate.signal("SIGUSR2");
    await until(async () => (await call()).status === 200);
  });
});
