/** Audit records on their way to an OpenTelemetry collector. */

import { describe, expect, it } from "vitest";
import * as z from "zod";
import { openAudit } from "../../../src/telemetry/audit/audit.ts";
import { atEnd, serve, startSidecar } from "../../fixtures/lifetime.ts";
import { until } from "../../fixtures/start-sidecar.ts";
import { EMPTY_RESULT } from "../../fixtures/loopback-server.ts";
import { exampleRequest, observe } from "../examples.ts";

const EXPORT = z.object({
  resourceLogs: z.array(
    z.object({
      resource: z.object({
        attributes: z.array(z.object({ key: z.string(), value: z.object({ stringValue: z.string() }) })),
      }),
      scopeLogs: z.array(
        z.object({
          logRecords: z.array(
            z.object({
              severityText: z.string(),
              eventName: z.string(),
              body: z.object({ stringValue: z.string() }),
            }),
          ),
        }),
      ),
    }),
  ),
});

function recordsIn(bodies: readonly unknown[]) {
  return bodies
    .flatMap((body) => EXPORT.parse(body).resourceLogs)
    .flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
}

/** Points the exporters of this process to `url`, until the end of the test. */
function exportTo(url: string): void {
  process.env["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"] = `${url}/v1/logs`;
  atEnd(() => delete process.env["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"]);
}

function audited() {
  const lost: { records: number; errors: unknown[] } = { records: 0, errors: [] };
  const audit = openAudit({
    target: { kind: "otlp", protocol: "http/json", version: "1.2.3" },
    server: "s",
    onDropped: (records, error) => {
      lost.records += records;
      lost.errors.push(error);
    },
  });
  atEnd(() => audit.close());
  return { lost, call: () => observe(audit.observer, exampleRequest()) };
}

async function collector(status: () => number) {
  const { createServer } = await import("node:http");
  const { json } = await import("node:stream/consumers");
  const bodies: unknown[] = [];
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      if (status() === 200) bodies.push(body);
      response.writeHead(status(), { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  atEnd(() => void server.close().closeAllConnections());
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`, bodies };
}

describe("records as OTLP logs", () => {
  it("arrive as the lines that a file would have, with the resource of the sidecar", async () => {
    const { url, bodies } = await collector(() => 200);
    exportTo(url);
    const { call, lost } = audited();
    for (let nth = 0; nth < 100; nth += 1) call();
    await until(() => recordsIn(bodies).length === 100);
    const [record] = recordsIn(bodies);
    expect(record).toMatchObject({ severityText: "INFO", eventName: "tollgate.audit" });
    expect(JSON.parse(record?.body.stringValue ?? "")).toMatchObject({ server: "s", effect: "allow" });
    const [body] = bodies;
    const attributes = EXPORT.parse(body).resourceLogs[0]?.resource.attributes.map(({ key, value }) => [
      key,
      value.stringValue,
    ]);
    expect(Object.fromEntries(attributes ?? [])).toMatchObject({
      "service.name": "tollgate",
      "service.version": "1.2.3",
    });
    expect(lost.records).toBe(0);
  });

  it("are lost and counted when the collector refuses them, and a record says so afterwards", async () => {
    let status = 400;
    const { url, bodies } = await collector(() => status);
    exportTo(url);
    const { call, lost } = audited();
    call();
    await until(() => lost.records === 1);
    status = 200;
    call();
    await until(() => recordsIn(bodies).length === 2);
    expect(JSON.parse(recordsIn(bodies)[1]?.body.stringValue ?? "")).toMatchObject({
      control: { action: "records_lost", count: 1 },
    });
  });

  it("come from a sidecar with --audit otlp", async () => {
    const { url, bodies } = await collector(() => 200);
    exportTo(url);
    process.env["OTEL_EXPORTER_OTLP_LOGS_PROTOCOL"] = "http/json";
    atEnd(() => delete process.env["OTEL_EXPORTER_OTLP_LOGS_PROTOCOL"]);
    const upstream = await serve(() => EMPTY_RESULT);
    const sidecar = await startSidecar({ upstream: upstream.url, flags: { audit: "otlp" } });
    const body = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "t", arguments: {} } };
    const headers = { "content-type": "application/json" };
    await (await fetch(sidecar.url, { method: "POST", headers, body: JSON.stringify(body) })).text();
    await until(() => recordsIn(bodies).length > 0);
    expect(JSON.parse(recordsIn(bodies)[0]?.body.stringValue ?? "")).toMatchObject({ tool: "t" });
  });
});
