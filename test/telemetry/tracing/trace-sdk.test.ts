/** The measured faults of the OpenTelemetry SDK, each held by a test in a process of its own. */

import { execFile } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openOtlpReceiver, type OtlpReceiver } from "./otlp-receiver.ts";

const PROGRAM = fileURLToPath(new URL("../programs/traced.ts", import.meta.url));
const run = promisify(execFile);

interface Report {
  readonly loaded: readonly string[];
  /** Host and path of each request. */
  readonly contacted: readonly string[];
  readonly isTracing: boolean;
  readonly shutdownMs: number;
}

async function trace(
  environment: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<Report & { readonly stdout: string }> {
  const { stdout, stderr } = await run(process.execPath, [PROGRAM, ...args], { env: environment });
  const report: Report = JSON.parse(stderr.trim().split("\n").at(-1) ?? "");
  return { ...report, stdout };
}

let receiver: OtlpReceiver;
beforeEach(async () => {
  receiver = await openOtlpReceiver();
});
afterEach(() => receiver.close());

function configured(): Record<string, string> {
  return { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" };
}

describe("with nothing configured", () => {
  it("loads nothing of the SDK", async () => {
    expect(await trace({})).toMatchObject({ isTracing: false, loaded: [] });
  });

  it("contacts no host, although the SDK's defaults contact localhost:4318 for three signals", async () => {
    expect(await trace({})).toMatchObject({ contacted: [] });
  });

  it("writes spans to stdout, and sends none, with the console exporter", async () => {
    const { stdout, contacted } = await trace({ ...configured(), OTEL_TRACES_EXPORTER: "console" });
    expect(stdout).toContain("instrumentationScope: { name: 'mcp-tollgate'");
    expect(contacted).toEqual([]);
    expect(receiver.spans).toEqual([]);
  });
});

describe("with a collector", () => {
  it("loads the SDK and exports", async () => {
    const { isTracing, loaded } = await trace(configured());
    expect(isTracing).toBe(true);
    expect(loaded).toContain("@opentelemetry/sdk-node");
    expect(receiver.spans).toHaveLength(2);
  });

  it.each([
    ["of 64 spans at most, since one is written down while every call waits", {}, 4],
    ["as large as the environment says", { OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "512" }, 1],
  ])("exports in batches %s", async (_name, environment, batches) => {
    await trace({ ...configured(), ...environment, TEST_REQUESTS: "100" });
    expect(receiver.spans).toHaveLength(200);
    expect(receiver.paths).toHaveLength(batches);
  });

  it("writes nothing to stdout, even when the environment asks for it", async () => {
    const { stdout } = await trace({
      ...configured(),
      OTEL_LOG_LEVEL: "debug",
      OTEL_LOGS_EXPORTER: "console",
    });
    expect(stdout).toBe("");
    expect(receiver.spans).toHaveLength(2);
  });

  it("never exports the command line, even when the environment asks for every detector", async () => {
    await trace({ ...configured(), OTEL_NODE_RESOURCE_DETECTORS: "all" }, ["--token=hunter2"]);
    expect(receiver.spans).toHaveLength(2);
    expect(JSON.stringify(receiver.spans)).not.toContain("hunter2");
  });

  it("exports no metrics unless asked for, and no logs, even when asked for", async () => {
    await trace({ ...configured(), OTEL_LOGS_EXPORTER: "otlp" });
    expect(new Set(receiver.paths)).toEqual(new Set(["/v1/traces"]));
  });

  it("contacts only the endpoint for traces when no other is set", async () => {
    const endpoint = `${receiver.url}/own/path`;
    const { contacted } = await trace({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    });
    expect(contacted).toEqual([endpoint.replace("http://", "")]);
    expect(receiver.spans).toHaveLength(2);
  });

  it("takes its name and attributes from the environment", async () => {
    await trace({
      ...configured(),
      OTEL_SERVICE_NAME: "guard",
      OTEL_RESOURCE_ATTRIBUTES: "team=a,k8s.pod.name=p-1",
    });
    expect(receiver.spans[0]?.resource).toMatchObject({
      "service.name": "guard",
      team: "a",
      "k8s.pod.name": "p-1",
    });
  });
});

describe("with an unreachable collector", () => {
  it("continues without the collector, and shuts down quickly", async () => {
    await receiver.close();
    const { isTracing, shutdownMs, stdout } = await trace(configured());
    receiver = await openOtlpReceiver();
    expect(isTracing).toBe(true);
    expect(stdout).toBe("");
    expect(shutdownMs).toBeLessThan(3500);
  });
});

describe("with a collector that never responds", () => {
  it("is shut down within its 3 seconds", async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = addressOf(silent.address());
    const { shutdownMs } = await trace({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` });
    silent.close();
    expect(shutdownMs).toBeGreaterThan(1000);
    expect(shutdownMs).toBeLessThan(3500);
  });
});

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === "string") throw new Error("the collector has no port");
  return address;
}
