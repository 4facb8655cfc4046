import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { findExposure } from "../../../src/proxy/upstream/isolation-check.ts";
import { startTestSidecar } from "../../fixtures/start-sidecar.ts";

let server: Server | undefined;

afterEach(() => server?.close());

async function listenOn(host: string): Promise<URL> {
  server = createServer().listen(0, host);
  await once(server, "listening");
  const address = server.address();
  return new URL(`http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/mcp`);
}

// 127.0.0.2 stands for an address of the pod: a listener on 127.0.0.1 alone does not answer there.
describe("findExposure", () => {
  it("reports an upstream that listens on loopback only as isolated", async () => {
    const url = await listenOn("127.0.0.1");
    expect(await findExposure(url, ["127.0.0.2"])).toEqual({ state: "isolated" });
  });

  it("reports an upstream that listens on every address as exposed", async () => {
    const url = await listenOn("0.0.0.0");
    const exposed = { state: "exposed", address: "127.0.0.2" };
    expect(await findExposure(url, ["127.0.0.3", "127.0.0.2"].toReversed())).toEqual(exposed);
  });

  it("reports an upstream on another host as unknown", async () => {
    expect(await findExposure(new URL("http://192.0.2.1:3000/mcp"), [])).toEqual({ state: "unknown" });
  });
});

describe("--require-isolation", () => {
  it("refuses to start with an upstream on another host", async () => {
    const started = startTestSidecar({
      upstream: "http://192.0.2.1:3000/mcp",
      flags: { "require-isolation": "true" },
    });
    await expect(started).rejects.toThrow(
      /^--require-isolation: the upstream at 192\.0\.2\.1:3000 is not on loopback/,
    );
  });

  it("starts with an upstream on loopback", async () => {
    const url = await listenOn("127.0.0.1");
    const sidecar = await startTestSidecar({ upstream: url.href, flags: { "require-isolation": "true" } });
    expect(await sidecar.metric("tollgate_upstream_exposed")).toBe(0);
    await sidecar.stop();
  });
});
