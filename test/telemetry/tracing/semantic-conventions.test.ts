/** The table of docs/opentelemetry.md is held to the conventions for MCP: each attribute is sent, or left out with a reason. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { METRICS } from "../../../src/telemetry/metrics/metric-definitions.ts";
import * as conventions from "../../../src/telemetry/tracing/semantic-conventions.ts";

/** Source: open-telemetry/semantic-conventions at 04f16723, docs/gen-ai/mcp.md: attributes of the metric `mcp.client.operation.duration`. */
const OF_METRICS = [
  "error.type",
  "gen_ai.operation.name",
  "gen_ai.prompt.name",
  "gen_ai.tool.name",
  "jsonrpc.protocol.version",
  "mcp.method.name",
  "mcp.protocol.version",
  "mcp.resource.uri",
  "network.protocol.name",
  "network.protocol.version",
  "network.transport",
  "rpc.response.status_code",
  "server.address",
  "server.port",
];
/** The same page: attributes of client and server spans. */
const OF_SPANS = [
  ...OF_METRICS,
  "client.address",
  "client.port",
  "gen_ai.tool.call.arguments",
  "gen_ai.tool.call.result",
  "jsonrpc.request.id",
  "mcp.session.id",
];

const page = readFileSync("docs/opentelemetry.md", "utf8");
const [, section = ""] = page.split("## Semantic conventions");
const [sent = "", unsent = ""] = (section.split("## Variables")[0] ?? "").split("these are left out");
const { EXECUTE_TOOL: _value, ...names } = conventions;

function rowsOf(table: string): readonly (readonly string[])[] {
  return Array.from(table.matchAll(/^\| `([a-z_.]+)` \| ([^|]*) \| ([^|]*) \|$/gm), (row) => row.slice(1));
}

function leftOut(of: "spans" | "metrics"): string[] {
  return rowsOf(unsent).flatMap(([name = "", where = ""]) => (where.includes(of) ? [name] : []));
}

describe("docs/opentelemetry.md", () => {
  it("has a row for each attribute of spans, and for no other", () => {
    const rows = rowsOf(sent.replaceAll("spans | |", "spans | - |")).map(([name]) => name);
    expect(rows.toSorted()).toEqual(Object.values(names).toSorted());
  });

  it("has each attribute of the conventions among those of spans, or among those that are left out", () => {
    const ours = Object.values(names).filter((name) => !name.startsWith("tollgate."));
    expect([...ours, ...leftOut("spans")].toSorted()).toEqual(OF_SPANS.toSorted());
  });

  it("has the same of the labels of operation durations", () => {
    const durations = Object.values(METRICS).filter(({ name }) =>
      name.endsWith("_operation_duration_seconds"),
    );
    expect(durations.map(({ name }) => name)).toEqual([
      "mcp_server_operation_duration_seconds",
      "mcp_client_operation_duration_seconds",
    ]);
    for (const { labels } of durations) {
      const ours = OF_METRICS.filter((name) => labels.includes(name.replaceAll(".", "_")));
      expect([...ours, ...leftOut("metrics")].toSorted()).toEqual(OF_METRICS);
      expect(labels.filter((label) => !ours.some((name) => name.replaceAll(".", "_") === label))).toEqual([
        "server",
      ]);
    }
  });

  it("gives a reason for each that is left out", () => {
    expect(rowsOf(unsent).filter(([, where, why = ""]) => where === "" || why.length < 8)).toEqual([]);
  });
});
