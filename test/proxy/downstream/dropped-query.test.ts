import { expect, it } from "vitest";
import { telemetryLoggingTo } from "../../../src/sidecar/open-telemetry.ts";
import { BODY, HOST, LENGTH, request, startEdgeSidecar, TYPE } from "../../fixtures/edge-sidecar.ts";

it("logs once that a query is dropped, and never the query", async () => {
  const lines: string[] = [];
  const edge = await startEdgeSidecar({
    openTelemetry: telemetryLoggingTo({ write: (line: string) => void lines.push(line) }),
    settings: { logLevel: "warn", logFormat: "json" },
  });
  for (const query of ["api_key=secret-1", "api_key=secret-2"])
    await edge.send(request(`POST /mcp?${query} HTTP/1.1`, [HOST, TYPE, LENGTH], BODY));
  await edge.stop();
  expect(lines.filter((line) => line.includes("query"))).toHaveLength(1);
  expect(lines.join("")).not.toContain("secret");
});
