/** Spans, as a collector receives them. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { DecisionRecord } from "../../../src/enforcement/observer.ts";
import type { Request } from "../../../src/enforcement/request.ts";
import { startTraces, type TraceOptions, type Traces } from "../../../src/telemetry/tracing/traces.ts";
import {
  misfit,
  ALLOWED,
  DENIED,
  denied,
  exampleList,
  exampleRequest,
  exampleTool,
  observe,
  SUCCESS,
} from "../examples.ts";
import { openOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from "./otlp-receiver.ts";
import { NO_TELEMETRY } from "../../fixtures/no-telemetry.ts";

const SERVER = 2;
const CLIENT = 3;
const PARENT = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };
const OTHER = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7" };
const NOW_MS = Date.UTC(2026, 6, 1, 12) + 1;

function traceparent({ traceId, spanId }: typeof PARENT, flags = "01"): { traceparent: string } {
  return { traceparent: `00-${traceId}-${spanId}-${flags}` };
}

let receiver: OtlpReceiver;
let lost = 0;
let warnings: string[] = [];

beforeEach(async () => {
  receiver = await openOtlpReceiver();
  lost = 0;
  warnings = [];
});
afterEach(() => {
  vi.unstubAllEnvs();
  return receiver.close();
});

/** The environment of a collector that is the receiver. */
function environmentWith(variables: Readonly<Record<string, string>>): TraceOptions["environment"] {
  return {
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    ...variables,
  };
}

function sampledAt(ratio: number): TraceOptions["environment"] {
  return environmentWith({
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: String(ratio),
  });
}

async function start(options: Partial<TraceOptions> = {}): Promise<Traces> {
  // The exporter reads its endpoint from the process's own environment.
  const { environment = environmentWith({}) } = options;
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", environment["OTEL_EXPORTER_OTLP_ENDPOINT"]);
  const traces = await startTraces({
    environment,
    version: "0.1.0",
    upstreamTransport: "http",
    log: {
      warn: (_fields, message) => warnings.push(message),
      error: (_fields, message) => warnings.push(message),
    },
    onSpansLost: (spans) => (lost += spans),
    onPointsLost: () => undefined,
    metrics: NO_TELEMETRY.metrics.source,
    random: () => 0.5,
    now: () => NOW_MS,
    ...options,
  });
  if (traces === undefined) throw new Error("tracing did not start");
  return traces;
}

/** The spans of one request, SERVER first. */
async function spansOf(
  request: Request,
  judgement: DecisionRecord = ALLOWED,
  ending = SUCCESS,
  options: Partial<TraceOptions> = {},
): Promise<readonly ReceivedSpan[]> {
  const traces = await start(options);
  observe(traces.observer, request, judgement, ending);
  await traces.shutdown();
  return receiver.spans.toSorted((a, b) => a.kind - b.kind);
}

describe("a tool call", () => {
  it("has one SERVER span and one CLIENT child", async () => {
    const [server, client, ...more] = await spansOf(exampleRequest());
    expect(more).toEqual([]);
    expect([server?.kind, client?.kind]).toEqual([SERVER, CLIENT]);
    expect([server?.name, client?.name]).toEqual(["tools/call ExecuteQuery", "tools/call ExecuteQuery"]);
    expect(client?.parentSpanId).toBe(server?.spanId);
    expect(client?.traceId).toBe(server?.traceId);
  });

  it("says which argument does not fit the tool's schema", async () => {
    const [server] = await spansOf(exampleRequest(), misfit());
    expect(server?.attributes).toMatchObject({
      "tollgate.arguments.check": "observe",
      "tollgate.arguments.cause": "invalid",
      "tollgate.arguments.path": "args.force",
    });
  });

  it("names no argument when the tool's schema is not known", async () => {
    const { path: _path, ...rest } = misfit({ cause: "schema_unknown" }).decision.arguments ?? {};
    const checked = { cause: "schema_unknown", check: "observe", text: "", ...rest } as const;
    const judgement = { ...misfit(), decision: { ...misfit().decision, arguments: checked } };
    const [server] = await spansOf(exampleRequest(), judgement);
    expect(server?.attributes).not.toHaveProperty(["tollgate.arguments.path"]);
  });

  it("has the attributes of the conventions and ours", async () => {
    const request = exampleRequest({ protocolVersion: "2026-07-28", session: "s-1", rpcId: '"a"' });
    const [server] = await spansOf(request, denied({ mode: "shadow" }));
    expect(server?.attributes).toEqual({
      "mcp.method.name": "tools/call",
      "gen_ai.tool.name": "ExecuteQuery",
      "gen_ai.operation.name": "execute_tool",
      "jsonrpc.request.id": "a",
      "mcp.protocol.version": "2026-07-28",
      "mcp.session.id": "s-1",
      "network.transport": "tcp",
      "tollgate.effect": "would_deny",
      "tollgate.reason": "rate_limited",
      "tollgate.rule": "/tools/ExecuteQuery/limits/per-minute",
      "tollgate.policy.digest": "sha256:abc",
      "tollgate.tool.category": "execute",
      "tollgate.agent": "planner",
      "tollgate.agent.source": "jwt",
      "tollgate.agent.verified": true,
      "tollgate.decision.id": request.id,
    });
  });

  it("names the transport to the server on the CLIENT span", async () => {
    const [, client] = await spansOf(exampleRequest(), ALLOWED, SUCCESS, { upstreamTransport: "stdio" });
    expect(client?.attributes["network.transport"]).toBe("pipe");
  });

  it.each<[string, string, number]>([
    ["http://db.internal:8080/mcp", "db.internal", 8080],
    ["https://user:secret@mcp.example.com/mcp", "mcp.example.com", 443],
    ["http://[::1]/mcp", "::1", 80],
    ["http://10.1.2.80:80/", "10.1.2.80", 80],
  ])("names host and port of %s on the CLIENT span, and nothing else of it", async (url, address, port) => {
    const options = { upstreamUrl: new URL(url) };
    const [server, client] = await spansOf(exampleRequest(), ALLOWED, SUCCESS, options);
    expect(client?.attributes).toMatchObject({ "server.address": address, "server.port": port });
    expect(JSON.stringify(client?.attributes)).not.toMatch(/secret|\/mcp/);
    expect(Object.keys(server?.attributes ?? {}).filter((name) => name.startsWith("server."))).toEqual([]);
  });

  it("names the transport to the agent on the SERVER span", async () => {
    const [server, client] = await spansOf(exampleRequest({ transport: "stdio" }));
    expect(server?.attributes["network.transport"]).toBe("pipe");
    expect(client?.attributes["network.transport"]).toBe("tcp");
  });

  it("has the attributes of the conventions on its CLIENT span too", async () => {
    const request = exampleRequest({ protocolVersion: "2025-11-25", session: "s-1" });
    const [, client] = await spansOf(request);
    expect(client?.attributes).toEqual({
      "mcp.method.name": "tools/call",
      "gen_ai.tool.name": "ExecuteQuery",
      "gen_ai.operation.name": "execute_tool",
      "jsonrpc.request.id": "7",
      "mcp.protocol.version": "2025-11-25",
      "mcp.session.id": "s-1",
      "network.transport": "tcp",
    });
  });

  it("lasts as long as the call, and its CLIENT span as long as the upstream", async () => {
    const request = exampleRequest();
    const [server, client] = await spansOf(request);
    expect(server?.startMs).toBe(request.receivedAtMs);
    expect(server?.endMs).toBe(request.receivedAtMs + 30);
    expect(client?.startMs).toBe(NOW_MS);
    expect(client?.endMs).toBe(NOW_MS + 28);
  });

  it("has no CLIENT span when denied, and is no error", async () => {
    const spans = await spansOf(exampleRequest(), denied(), DENIED);
    expect(spans).toHaveLength(1);
    expect(spans[0]?.attributes["error.type"]).toBe("policy_denied");
    expect(spans[0]?.status).toBe(0);
  });

  it("marks a tool error as an error", async () => {
    const spans = await spansOf(exampleRequest(), ALLOWED, { ...SUCCESS, outcome: "tool_error" });
    expect(spans.map(({ attributes, status }) => [attributes["error.type"], status])).toEqual([
      ["tool_error", 2],
      ["tool_error", 2],
    ]);
  });

  it("names the JSON-RPC error code", async () => {
    const [server] = await spansOf(exampleRequest(), ALLOWED, {
      ...SUCCESS,
      outcome: "rpc_error",
      rpcCode: -32602,
    });
    expect(server?.attributes["rpc.response.status_code"]).toBe("-32602");
  });

  it("keeps a name that only the caller knows out of the span's name, and bounds it", async () => {
    const tool = exampleTool("x".repeat(100_000), { isKnown: false });
    const [server] = await spansOf(exampleRequest({ tool }));
    expect(server?.name).toBe("tools/call");
    expect(server?.attributes["gen_ai.tool.name"]).toBe("x".repeat(256));
  });
});

describe("another method", () => {
  it("has spans without a tool", async () => {
    const [server] = await spansOf(exampleList());
    expect(server?.name).toBe("tools/list");
    expect(Object.keys(server?.attributes ?? {}).filter((key) => key.startsWith("gen_ai"))).toEqual([]);
  });

  it("is called unknown when no revision of the protocol knows it", async () => {
    const [server] = await spansOf(exampleList({ method: "x/random-1" }));
    expect(server?.name).toBe("unknown method");
    expect(server?.attributes["mcp.method.name"]).toBe("x/random-1");
  });
});

describe("the parent", () => {
  it("is what _meta names, and the header's context becomes a link", async () => {
    const [server] = await spansOf(
      exampleRequest({ metaTrace: traceparent(PARENT), headerTrace: traceparent(OTHER) }),
    );
    expect([server?.traceId, server?.parentSpanId]).toEqual([PARENT.traceId, PARENT.spanId]);
    expect(server?.links).toEqual([OTHER]);
  });

  it("is what the header names when _meta names none", async () => {
    const [server] = await spansOf(exampleRequest({ headerTrace: traceparent(OTHER) }));
    expect([server?.traceId, server?.parentSpanId]).toEqual([OTHER.traceId, OTHER.spanId]);
    expect(server?.links).toEqual([]);
  });

  it("is absent when the trace context of _meta is invalid", async () => {
    const [server] = await spansOf(exampleRequest({ metaTrace: { traceparent: "00-0-0-01" } }));
    expect(server?.parentSpanId).toBe("");
  });

  it("keeps the parent's tracestate", async () => {
    const metaTrace = { ...traceparent(PARENT), tracestate: "vendor=1" };
    const [server, client] = await spansOf(exampleRequest({ metaTrace }));
    expect([server?.traceState, client?.traceState]).toEqual(["vendor=1", "vendor=1"]);
  });
});

describe("propagation", () => {
  it("sends the CLIENT span's context upstream", async () => {
    const traces = await start();
    const request = exampleRequest({ metaTrace: { ...traceparent(PARENT), tracestate: "vendor=1" } });
    traces.observer.requestStarted?.(request);
    traces.observer.requestSent?.(request);
    const context = traces.propagate(request);
    traces.observer.requestEnded?.(request, SUCCESS, ALLOWED);
    await traces.shutdown();
    const client = receiver.spans.find(({ kind }) => kind === CLIENT);
    expect(context).toEqual({
      traceparent: `00-${PARENT.traceId}-${client?.spanId}-01`,
      tracestate: "vendor=1",
    });
  });

  it("does not change the context of a request that is not sampled", async () => {
    const traces = await start({ environment: sampledAt(0) });
    const request = exampleRequest({ metaTrace: traceparent(PARENT) });
    traces.observer.requestStarted?.(request);
    traces.observer.requestSent?.(request);
    expect(traces.propagate(request)).toBeUndefined();
    expect(traces.traceIdOf(request)).toBeUndefined();
    await traces.shutdown();
  });

  it("names the trace of a sampled request after its end", async () => {
    const traces = await start();
    const request = exampleRequest({ metaTrace: traceparent(PARENT) });
    observe(traces.observer, request);
    expect(traces.traceIdOf(request)).toBe(PARENT.traceId);
    await traces.shutdown();
  });
});

describe("sampling", () => {
  it("is not forced by the flag that an agent sends", async () => {
    const spans = await spansOf(exampleRequest({ metaTrace: traceparent(PARENT, "01") }), ALLOWED, SUCCESS, {
      environment: sampledAt(0.1),
    });
    expect(spans).toEqual([]);
  });

  it("records the share that the environment asks for", async () => {
    let dice = -1;
    const traces = await start({ environment: sampledAt(0.1), random: () => ((dice += 1) % 100) / 100 });
    for (let index = 0; index < 100; index += 1) observe(traces.observer, exampleRequest());
    await traces.shutdown();
    expect(receiver.spans.filter(({ kind }) => kind === SERVER).length).toBe(10);
  });
});

describe("the exporter", () => {
  it("sends only traces, to the path for traces below the collector's base address", async () => {
    await spansOf(exampleRequest());
    expect(new Set(receiver.paths)).toEqual(new Set(["/v1/traces"]));
  });

  it("names the service and its version as resource, never the command line", async () => {
    const [server] = await spansOf(exampleRequest());
    expect(server?.resource).toMatchObject({ "service.name": "tollgate", "service.version": "0.1.0" });
    expect(Object.keys(server?.resource ?? {}).filter((key) => key.startsWith("process."))).toEqual([]);
  });

  it("counts spans that the collector refuses, and warns a few times only", async () => {
    await receiver.close();
    receiver = await openOtlpReceiver(400);
    const traces = await start();
    for (let index = 0; index < 2000; index += 1) observe(traces.observer, exampleList());
    await vi.waitUntil(() => lost >= 512 && warnings.length > 0, { timeout: 60_000 });
    await traces.shutdown();
    expect(warnings.length).toBeLessThanOrEqual(6);
  });
});

describe("a queue that is full", () => {
  it("counts the spans that it dropped", async () => {
    let dropped = 0;
    const traces = await start({ onSpansLost: (spans) => (dropped += spans) });
    // Two spans each; 2,048 may wait.
    for (let index = 0; index < 1500; index += 1) observe(traces.observer, exampleRequest());
    await vi.waitUntil(() => receiver.spans.length >= 1024, { timeout: 60_000 });
    observe(traces.observer, exampleRequest());
    await traces.shutdown();
    expect(dropped).toBeGreaterThan(0);
    expect(receiver.spans.length + dropped).toBe(3002);
  });
});

it("is off, with a warning, when the SDK cannot be started", async () => {
  const environment = {
    ...environmentWith({}),
    get OTEL_EXPORTER_OTLP_PROTOCOL(): string {
      throw new Error("no protocol");
    },
  };
  await expect(start({ environment })).rejects.toThrow("tracing did not start");
  expect(warnings).toEqual(["tracing could not be started"]);
});
