import { readFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { atEnd, serve, startTollgate, temporaryFile, temporaryFolder } from "../fixtures/lifetime.ts";
import { EMPTY_RESULT } from "../fixtures/loopback-server.ts";
import { postForText } from "../fixtures/post.ts";
import type { RunningTollgate } from "../fixtures/start-tollgate.ts";
import { openOtlpReceiver, type OtlpReceiver } from "../telemetry/tracing/otlp-receiver.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";
const SERVER = 2;
const CLIENT = 3;

let audit: string;
let collector: OtlpReceiver;
let sidecar: RunningTollgate;
let received: { headers: IncomingHttpHeaders; body: string }[];

const POLICY = { version: "1", default: "allow", tools: { read: {}, wipe: { action: "deny" } } };

beforeEach(async () => {
  audit = join(temporaryFolder(), "audit.jsonl");
  received = [];
  collector = await openOtlpReceiver();
  atEnd(() => collector.close());
  const upstream = await serve((body, _response, { headers }) => {
    received.push({ headers, body });
    return EMPTY_RESULT;
  });
  const policy = temporaryFile("policy.json", POLICY);
  sidecar = await startTollgate({
    upstream: upstream.url,
    flags: ["--policy", policy, "--log-level", "silent", "--audit", audit],
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" },
  });
});

function call(name: string, meta: object, headers: Record<string, string> = {}): Promise<string> {
  return postForText(sidecar.url, { method: "tools/call", params: { name, _meta: meta } }, headers);
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
    const records = readFileSync(audit, "utf8").trimEnd().split("\n");
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
