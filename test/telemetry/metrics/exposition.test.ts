/** The two formats of a scrape. */

import { describe, expect, it } from "vitest";
import { chooseFormat } from "../../../src/telemetry/metrics/exposition-format.ts";
import { toTextFormat } from "../../../src/telemetry/metrics/exposition.ts";
import { createMetrics, type Metrics, type MetricsOptions } from "../../../src/telemetry/metrics/metrics.ts";
import { PROTOBUF } from "../../fixtures/prometheus-protobuf.ts";
import { exampleAgent, exampleRequest, exampleTool, observe } from "../examples.ts";
import { parseSamples, scrapeSamples } from "./scrape.ts";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const OPENMETRICS = "application/openmetrics-text;version=1.0.0";

function start(options: Partial<MetricsOptions> = {}): Metrics {
  return createMetrics({ server: "s", version: "0.1.0", nodeVersion: "v26", agents: [], ...options });
}

function ownSamples(body: string): readonly string[] {
  return parseSamples(body)
    .filter(({ name }) => /^(?:tollgate|mcp)_/.test(name))
    .map(({ name, labels, value }) => `${name} ${JSON.stringify(labels)} ${value}`);
}

describe("chooseFormat", () => {
  it.each([
    [undefined, "text"],
    ["*/*", "text"],
    ["text/plain", "text"],
    [OPENMETRICS, "openmetrics"],
    [
      "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
      "openmetrics",
    ],
    ["application/openmetrics-text;q=0.1, text/plain;q=0.9", "text"],
    ["application/openmetrics-text;q=0", "text"],
    ["application/openmetrics-text;q=nonsense", "text"],
    ["text/html", "text"],
    [PROTOBUF, "protobuf"],
    [`application/vnd.google.protobuf; proto="x", ${OPENMETRICS}`, "openmetrics"],
    ["application/vnd.google.protobuf", "text"],
    [`${PROTOBUF.replace("q=0.6", "q=0.1")}`, "text"],
    [`${OPENMETRICS};q=0.5,${PROTOBUF}`, "protobuf"],
  ])("answers %j with %s", (accept, format) => {
    expect(chooseFormat(accept)).toBe(format);
  });
});

describe("OpenMetrics", () => {
  it("has its content type, exemplars that name the trace, and one EOF at its end", async () => {
    const metrics = start({ traceIdOf: () => TRACE_ID });
    observe(metrics.observer, exampleRequest());
    const { contentType, body } = await metrics.render(OPENMETRICS);
    expect(contentType).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
    expect(body).toMatch(
      /^mcp_server_operation_duration_seconds_bucket\{.*\} 1 # \{trace_id="0af7651916cd43dd8448eb211c80319c"\} 0\.03 [\d.]+$/m,
    );
    expect(body).toMatch(/^mcp_client_operation_duration_seconds_bucket\{.*\} 1 # \{trace_id=/m);
    expect(body.match(/# EOF/g)).toHaveLength(1);
    expect(body.endsWith("\n# EOF\n")).toBe(true);
  });

  it("declares counters without _total and names their samples with it", async () => {
    const { body } = await start().render(OPENMETRICS);
    expect(body).toContain("# TYPE tollgate_decisions counter\n");
    expect(body).toContain("\ntollgate_decisions_total{");
  });

  it.each([OPENMETRICS, undefined])("has no empty line (%s)", async (accept) => {
    expect((await start().render(accept)).body).not.toMatch(/\n\n|^\n/);
  });
});

describe("text", () => {
  it("has its content type, no exemplars, no EOF, and counters declared with _total", async () => {
    const metrics = start({ traceIdOf: () => TRACE_ID });
    observe(metrics.observer, exampleRequest());
    const { contentType, body } = await metrics.render(undefined);
    expect(contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(body).not.toContain("trace_id");
    expect(body).not.toContain("# EOF");
    expect(body).toContain("# TYPE tollgate_decisions_total counter\n");
    expect(body).toContain("# HELP tollgate_decisions_total ");
  });

  it("holds the same samples as OpenMetrics", async () => {
    const metrics = start({ traceIdOf: () => TRACE_ID });
    observe(metrics.observer, exampleRequest());
    const text = await metrics.render(undefined);
    const openMetrics = await metrics.render(OPENMETRICS);
    expect(ownSamples(text.body)).toEqual(ownSamples(openMetrics.body));
  });

  it("does not change a label value that looks like an exemplar", () => {
    const line = `x_bucket{le="1",tool="} 1 # {trace_id=${TRACE_ID}} 1 1"} 5`;
    expect(toTextFormat(line)).toBe(line);
  });

  it("declares each family once, and each sample belongs to one", async () => {
    const metrics = start();
    for (let index = 0; index < 300; index += 1) {
      observe(metrics.observer, exampleRequest({ tool: exampleTool(`tool-${index}`) }));
    }
    const { body } = await metrics.render(undefined);
    const declared = Array.from(body.matchAll(/^# TYPE (\S+) (\S+)$/gm), ([, name]) => name ?? "");
    expect(new Set(declared).size).toBe(declared.length);
    const undeclared = parseSamples(body).filter(
      ({ name }) =>
        !declared.includes(name) && !declared.includes(name.replace(/_(?:bucket|sum|count)$/, "")),
    );
    expect(undeclared).toEqual([]);
  });

  it("has no sample twice, whatever agents and tools are called", async () => {
    const metrics = start();
    for (const name of ['a",b="c', "a\\", "a\nb", "a}", "a # {", "a,tool:x", "", " "]) {
      observe(metrics.observer, exampleRequest({ agent: exampleAgent(name), tool: exampleTool(name) }));
    }
    const keys = (await scrapeSamples(metrics)).map(
      ({ name, labels }) => name + JSON.stringify(Object.entries(labels).toSorted()),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe("a scrape", () => {
  it("consists of small pieces of whole lines", async () => {
    const metrics = start();
    for (let index = 0; index < 500; index += 1) {
      observe(metrics.observer, exampleRequest({ tool: exampleTool(`tool-${index}`) }));
    }
    const { pieces, body } = await metrics.render(undefined);
    expect(pieces.join("")).toBe(body);
    expect(pieces.map(String).filter((piece) => !piece.endsWith("\n") || piece.length > 128 * 1_024)).toEqual(
      [],
    );
    expect(pieces.length).toBeGreaterThan(10);
  });

  it("includes changes since the previous scrape, and during this one", async () => {
    const metrics = start();
    const calls = async (): Promise<string | undefined> =>
      /^tollgate_tool_calls_total\{.*\} (\d+)$/m.exec((await metrics.render(undefined)).body)?.[1];
    observe(metrics.observer, exampleRequest());
    expect(await calls()).toBe("1");
    expect(await calls()).toBe("1");
    const underway = metrics.render(undefined);
    observe(metrics.observer, exampleRequest());
    void Promise.resolve().then(() => observe(metrics.observer, exampleRequest()));
    await underway;
    expect(await calls()).toBe("3");
  });

  it("yields to the event loop while it writes many series", async () => {
    const metrics = start();
    for (let index = 0; index < 800; index += 1) {
      observe(metrics.observer, exampleRequest({ tool: exampleTool(`tool-${index}`) }));
    }
    let turns = 0;
    let isDone = false;
    const turn = (): void => {
      turns += 1;
      if (!isDone) setImmediate(turn);
    };
    setImmediate(turn);
    await metrics.render(undefined);
    isDone = true;
    expect(turns).toBeGreaterThan(20);
  });

  it("is shared by scrapers that ask while it is being written", async () => {
    let readings = 0;
    const readLimits = () => {
      readings += 1;
      return { keys: 0, fullest: [] };
    };
    const metrics = start({ readLimits });
    await Promise.all([metrics.render(undefined), metrics.render(OPENMETRICS), metrics.render(undefined)]);
    expect(readings).toBe(1);
    await metrics.render(undefined);
    expect(readings).toBe(2);
  });

  it("fails when the limits cannot be read, and the next one works", async () => {
    let isBroken = true;
    const metrics = start({
      readLimits: () => {
        if (isBroken) throw new Error("store is down");
        return { keys: 3, fullest: [] };
      },
    });
    await expect(metrics.render(undefined)).rejects.toThrow("store is down");
    isBroken = false;
    expect((await metrics.render(undefined)).body).toContain('tollgate_limit_keys{server="s"} 3');
  });

  it("never emits a label that the scraper adds", async () => {
    const samples = await scrapeSamples(start());
    const added = ["namespace", "pod", "container", "service", "job", "instance"];
    expect(samples.filter(({ labels }) => added.some((label) => label in labels))).toEqual([]);
  });
});
