/** Health on the traffic port. */

import { once } from "node:events";
import { request } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { type LoopbackServer, sendJson, serveOnLoopback } from "../../fixtures/loopback-server.ts";
import {
  startTestSidecar,
  type TestSidecar,
  type TestSidecarOptions,
  untilReady,
} from "../../fixtures/start-sidecar.ts";

const DOWN = "http://127.0.0.1:1/mcp";

let sidecar: TestSidecar;
let upstream: LoopbackServer | undefined;
afterEach(async () => {
  await sidecar.stop();
  upstream?.close();
  upstream = undefined;
});

async function start(options: Partial<TestSidecarOptions> = {}): Promise<void> {
  sidecar = await startTestSidecar({ upstream: DOWN, ...options });
}

interface Asked {
  readonly status: number | undefined;
  readonly body: string;
}

async function ask(path: string, method = "GET", headers: Record<string, string> = {}): Promise<Asked> {
  const asked = request(new URL(path, sidecar.url), { method, headers, agent: false }).end();
  const [response] = await once(asked, "response");
  let body = "";
  for await (const part of response) body += String(part);
  return { status: response.statusCode, body };
}

describe("health on the traffic port", () => {
  it("says that the process lives, and without a reason that it is not ready", async () => {
    await start();
    expect(await ask("/healthz")).toEqual({ status: 200, body: '{"status":"ok"}' });
    expect(await ask("/readyz")).toEqual({ status: 503, body: '{"ready":false}' });
  });

  it("is ready when the sidecar is", async () => {
    upstream = await serveOnLoopback((incoming, response) => {
      incoming.resume();
      sendJson(response, "{}");
    });
    await start({ upstream: upstream.url });
    await untilReady(sidecar);
    expect(await ask("/readyz?verbose")).toEqual({ status: 200, body: '{"ready":true}' });
  });

  it("is served to probes with any Host, without a credential and by HEAD", async () => {
    await start();
    expect((await ask("/healthz", "GET", { host: "10.1.2.3:8080" })).status).toBe(200);
    expect(await ask("/healthz", "HEAD")).toEqual({ status: 200, body: "" });
  });

  it("takes no other method, and no body", async () => {
    await start();
    expect((await ask("/healthz", "POST")).status).toBe(404);
    expect(
      (await ask("/healthz", "GET", { "content-length": "5", "transfer-encoding": "" })).status,
    ).not.toBe(200);
    expect((await ask("/healthz/x")).status).toBe(404);
  });

  it.each([
    ["off", { "/healthz": 404, "/readyz": 404, "/": 404 }],
    ["/", { "/healthz": 404, "/": 503 }],
    ["/live/livez,/up", { "/live/livez": 200, "/up": 503, "/healthz": 404 }],
  ])("is served at the paths of --health-path %s", async (paths, expected) => {
    await start({ flags: { "health-path": paths } });
    for (const [path, status] of Object.entries(expected))
      expect([path, (await ask(path)).status]).toEqual([path, status]);
  });

  it("leaves the path of the endpoint to the endpoint", async () => {
    await start({ flags: { path: "/readyz" } });
    expect((await ask("/readyz", "DELETE")).status).toBe(502);
    expect((await ask("/healthz")).status).toBe(200);
  });
});
