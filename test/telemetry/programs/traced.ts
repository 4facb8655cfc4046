/**
 * A process that traces one call, or TEST_REQUESTS of them, as its environment says, and exits. On stderr, as one JSON line: the modules of
 * OpenTelemetry that it loaded beside the API, whom it asked over HTTP, and how long its shutdown took.
 */

import { subscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import { registerHooks } from "node:module";

const loaded = new Set<string>();
registerHooks({
  load: (url, context, nextLoad) => {
    const [, name] = /node_modules\/(@opentelemetry\/[\w-]+)\//.exec(url) ?? [];
    if (name !== undefined && name !== "@opentelemetry/api") loaded.add(name);
    return nextLoad(url, context);
  },
});

const contacted = new Set<string>();
subscribe("http.client.request.start", (message) => {
  if (!isRequest(message)) return;
  contacted.add(`${message.request.getHeader("host")}${message.request.path}`);
});

const { startTraces } = await import("../../../src/telemetry/tracing/traces.ts");
const { exampleRequest, observe } = await import("../examples.ts");

const traces = await startTraces({
  environment: process.env,
  version: "0.1.0",
  upstreamTransport: "http",
  log: { warn: () => undefined, error: () => undefined },
  onSpansLost: () => undefined,
  onPointsLost: () => undefined,
  metrics: { families: [], refresh: () => undefined, processMetrics: () => Promise.resolve([]) },
  random: Math.random,
  now: Date.now,
});
const requests = Number(process.env["TEST_REQUESTS"] ?? 1);
for (let index = 0; index < requests; index += 1)
  if (traces !== undefined) observe(traces.observer, exampleRequest());
const startMs = performance.now();
await traces?.shutdown();
const shutdownMs = performance.now() - startMs;
process.stderr.write(
  `${JSON.stringify({ loaded: [...loaded], contacted: [...contacted], isTracing: traces !== undefined, shutdownMs })}\n`,
);
process.exit(0);

/** Whether this is the channel's message about a sent request. */
function isRequest(message: unknown): message is { request: ClientRequest } {
  return typeof message === "object" && message !== null && "request" in message;
}
