import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type LoopbackServer, sendJson, serveOnLoopback } from "../fixtures/loopback-server.ts";
import { type RunningTollgate, startTollgateProcess } from "../fixtures/start-tollgate.ts";
import { openOtlpReceiver, type OtlpReceiver } from "../telemetry/tracing/otlp-receiver.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";
const SERVER = 2;
const CLIENT = 3;

let folder: string;
let collector: OtlpReceiver;
let upstream: LoopbackServer;
let sidecar: RunningTollgate;
let received: { headers: IncomingHttpHeaders; body: string }[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-traces-"));
  const policy = join(folder, "policy.json");
  writeFileSync(
    policy,
    JSON.stringify({ version: "1", default: "allow", tools: { read: {}, wipe: { action: "deny" } } }),
  );
  received = [];
  collector = await openOtlpReceiver();
  upstream = await serveOnLoopback((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      received.push({ headers: request.headers, body });
      sendJson(response, `{"jsonrpc":"2.0","id":1,"result":{"content":[]}}`);
    });
  });
  sidecar = await startTollgateProcess({
    upstream: upstream.url,
    flags: ["--policy", policy, "--log-level", "silent", "--audit", join(folder, "audit.jsonl")],
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" },
  });
});
afterEach(async () => {
  upstream.close();
  await collector.close();
  rmSync(folder, { recursive: true, force: true });
});

async function call(name: string, meta: object, headers: Record<string, string> = {}): Promise<void> {
  const message = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, _meta: meta } };
  const init = { method: "POST", body: JSON.stringify(message) };
  await (
    await fetch(sidecar.url, { ...init, headers: { "content-type": "application/json", ...headers } })
  ).text();
}

function traceOf(name: string): string | undefined {
  return collector.spans.find((span) => span.kind === SERVER && span.name === `tools/call ${name}`)?.traceId;
}

describe("traces", () => {
  it("show a call as a SERVER span under the agent's and a CLIENT span that the server gets as its parent", async () => {
    await call("read", { traceparent: `00-${TRACE}-${PARENT}-01`, kept: 1 });
    await sidecar.stop();
    const server = collector.spans.find(({ kind }) => kind === SERVER);
    const client = collector.spans.find(({ kind }) => kind === CLIENT);
    expect(server).toMatchObject({ name: "tools/call read", traceId: TRACE, parentSpanId: PARENT });
    expect(client).toMatchObject({ traceId: TRACE, parentSpanId: server?.spanId });
    const context = `00-${TRACE}-${client?.spanId}-01`;
    expect(received[0]?.headers["traceparent"]).toBe(context);
    expect(JSON.parse(received[0]?.body ?? "")).toMatchObject({
      params: { _meta: { traceparent: context, kept: 1 } },
    });
  });

  it("are named by exemplars and audit records, which so lead to their spans", async () => {
    await call("read", {});
    await call("wipe", {});
    const response = await fetch(`${sidecar.adminUrl}/metrics`, {
      headers: { accept: "application/openmetrics-text" },
    });
    const exemplars = Array.from(
      (await response.text()).matchAll(/gen_ai_tool_name="read".* # \{trace_id="([0-9a-f]{32})"\}/g),
      ([, id]) => id,
    );
    await sidecar.stop();
    expect(new Set(exemplars)).toEqual(new Set([traceOf("read")]));
    const records = readFileSync(join(folder, "audit.jsonl"), "utf8").trimEnd().split("\n");
    expect(records.map((line) => JSON.parse(line).trace_id)).toEqual([traceOf("read"), traceOf("wipe")]);
  });

  it("never carry an agent's baggage on", async () => {
    await call("read", { baggage: "user=ada" }, { baggage: "user=ada" });
    expect(received[0]?.headers).not.toHaveProperty("baggage");
    expect(received[0]?.body).not.toContain("ada");
    await sidecar.stop();
  });

  it("have no CLIENT span for a denied call", async () => {
    await call("wipe", {});
    await sidecar.stop();
    expect(collector.spans).toMatchObject([
      { kind: SERVER, attributes: { "error.type": "policy_denied", "tollgate.reason": "denied_by_rule" } },
    ]);
  });
});
