/** A sidecar whose event loop is late refuses new requests, and accepts them again later. */

import { describe, expect, it } from "vitest";
import { parseSamples } from "../../src/commands/demo/samples.ts";
import { serve, startTollgate, temporaryFile } from "../fixtures/lifetime.ts";
import { EMPTY_RESULT } from "../fixtures/loopback-server.ts";
import { toolCall } from "../fixtures/open-loop.ts";
import { post } from "../fixtures/post.ts";
import { until } from "../fixtures/start-sidecar.ts";

async function refusedBy(adminUrl: string): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  const samples = parseSamples(text).filter(({ name }) => name === "tollgate_messages_refused_total");
  return samples.find(({ labels }) => labels["cause"] === "overload")?.value ?? 0;
}

describe("an event loop that is late", () => {
  it("sheds new requests with Retry-After and counts them, stays healthy, and recovers", async () => {
    let reached = 0;
    const upstream = await serve(() => {
      reached += 1;
      return EMPTY_RESULT;
    });
    const config = temporaryFile(
      "config.yaml",
      "bounds: { lame-duck-ms: 0, drain-ms: 0, loop-delay-ms: 100 }\n",
    );
    const preload = import.meta.resolve("../fixtures/busy-loop.ts");
    const tollgate = await startTollgate({
      upstream: upstream.url,
      environment: { NODE_OPTIONS: `--import ${preload}` },
      flags: ["--config", config],
    });
    const call = () => post(tollgate.url, toolCall("run"));
    expect((await call()).status).toBe(200);
    tollgate.signal("SIGUSR2");
    await until(async () => (await call()).status === 503);
    const before = reached;
    const shed = await call();
    expect([shed.status, shed.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await shed.json()).toMatchObject({ id: null, error: { code: 503 } });
    expect(reached).toBe(before);
    expect((await fetch(`${tollgate.adminUrl}/healthz`)).status).toBe(200);
    expect(await refusedBy(tollgate.adminUrl)).toBeGreaterThanOrEqual(2);
    tollgate.signal("SIGUSR2");
    await until(async () => (await call()).status === 200);
  });
});
