/** Spans that a collector does not take: each is counted with its cause, and the log has the reason. */

import { createServer, type ServerResponse } from "node:http";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createLog } from "../../../src/telemetry/logging/log.ts";
import { countLoggedLosses } from "../../../src/telemetry/tracing/lost-spans.ts";
import { quietLogger } from "../../../src/telemetry/tracing/quiet-logger.ts";
import { startTraces } from "../../../src/telemetry/tracing/traces.ts";
import { freePorts } from "../../fixtures/free-port.ts";
import { NO_TELEMETRY } from "../../fixtures/no-telemetry.ts";
import { exampleRequest, observe } from "../examples.ts";

afterEach(() => vi.unstubAllEnvs());

type Respond = (response: ServerResponse) => void;

/** Exports the spans of two requests to a collector that responds so. Returns the losses by cause, and the log. */
async function exportTo(
  respond: Respond | undefined,
  variables: Readonly<Record<string, string>> = {},
): Promise<{ lost: Record<string, number>; lines: string[] }> {
  const server = createServer((request, response) => {
    request.resume().on("end", () => respond?.(response));
  });
  const [free] = await freePorts(1);
  if (respond !== undefined) await new Promise<void>((resolve) => server.listen(free, "127.0.0.1", resolve));
  const environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${free}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    ...variables,
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const lost: Record<string, number> = {};
  const lines: string[] = [];
  const log = createLog({
    level: "info",
    format: "json",
    destination: { write: (line) => void lines.push(line) },
  });
  const traces = await startTraces({
    environment,
    version: "0.1.0",
    upstreamTransport: "http",
    log: { warn: log.warn.bind(log), error: log.error.bind(log) },
    onSpansLost: (spans, cause) => (lost[cause] = (lost[cause] ?? 0) + spans),
    onPointsLost: () => undefined,
    metrics: NO_TELEMETRY.metrics.source,
    random: () => 0,
    now: () => 0,
  });
  for (let request = 0; request < 2; request += 1) if (traces) observe(traces.observer, exampleRequest());
  await traces?.shutdown();
  server.closeAllConnections();
  server.close();
  return { lost, lines };
}

const json =
  (body: object): Respond =>
  (response) =>
    void response.setHeader("content-type", "application/json").end(JSON.stringify(body));

describe("spans that were lost", () => {
  it("are counted as rejected when the collector's partial success says so, with its message in the log", async () => {
    const { lost, lines } = await exportTo(
      json({ partialSuccess: { rejectedSpans: "3", errorMessage: "quota exceeded" } }),
    );
    expect(lost).toEqual({ rejected: 3 });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("quota exceeded");
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "warn", msg: "tracing has a problem" });
  });

  it("are none when the partial success only warns", async () => {
    const { lost, lines } = await exportTo(json({ partialSuccess: { errorMessage: "slow down" } }));
    expect(lost).toEqual({});
    expect(lines[0]).toContain("slow down");
  });

  it("are counted as refused for a status, and as unreachable without a collector", async () => {
    const refused = await exportTo((response) => void response.writeHead(403).end());
    expect(refused.lost).toEqual({ refused: 4 });
    expect(refused.lines.join("")).toContain("Forbidden");
    const unreachable = await exportTo(undefined, { OTEL_EXPORTER_OTLP_TIMEOUT: "500" });
    expect(unreachable.lost).toEqual({ unreachable: 4 });
    expect(unreachable.lines.join("")).toContain("ECONNREFUSED");
  });

  it("have one level in each line of the log", async () => {
    const { lines } = await exportTo((response) => void response.writeHead(400).end());
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line.match(/"level":/g)).toHaveLength(1);
  });
});

describe("the log of the SDK", () => {
  it("keeps every part of a message, and counts losses that it alone reports", () => {
    const lines: object[] = [];
    const lost: [number, string][] = [];
    const write = (fields: object): void => void lines.push(fields);
    const logger = countLoggedLosses(
      quietLogger({ warn: write, error: write }, () => 0),
      (spans, cause) => lost.push([spans, cause]),
    );
    logger.warn("Dropped 7 spans because maxQueueSize reached");
    logger.error("a", { b: 1 }, Object.assign(new Error("c"), { code: "d" }));
    logger.info("unseen");
    expect(lost).toEqual([[7, "queue_full"]]);
    expect(lines).toMatchObject([{}, { detail: 'a {"b":1} c (d)' }]);
  });
});
