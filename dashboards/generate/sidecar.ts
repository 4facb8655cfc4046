/** The board Sidecar: the health of Tollgate itself. */

import { METRICS } from "../../src/telemetry/metrics/metric-definitions.ts";
import { board } from "./board.ts";
import { graph, type GraphOptions } from "./graph.ts";
import type { GridRow } from "./panel.ts";
import { placed } from "./place.ts";
import { increaseShown, ofServer, quantile, rate, select, selectForeign } from "./promql.ts";
import { instantQuery, legend, rangeQuery, tableQuery } from "./query.ts";
import { stat } from "./stat.ts";
import { placeColumns, table } from "./table.ts";
import { datasource, place, server } from "./variables.ts";

const OVERHEAD = select(METRICS.overhead, "", "_bucket");
const LAG = ofServer(selectForeign("nodejs_eventloop_lag_p99_seconds"));
const RESIDENT = ofServer(selectForeign("process_resident_memory_bytes"));
const HEAP = ofServer(selectForeign("nodejs_heap_size_used_bytes"));
const CPU = ofServer(rate(selectForeign("process_cpu_seconds_total")));
const SAMPLES = ofServer(selectForeign("scrape_samples_scraped"));
const SCRAPE = ofServer(selectForeign("scrape_duration_seconds"));
const REFUSED_BY_CAUSE = `sum by (cause) (${rate(select(METRICS.messagesRefused))})`;
/** There are many causes: while all are 0, one line shows it. */
const NONE_REFUSED = `label_replace(sum (${rate(select(METRICS.messagesRefused))}) == 0, "cause", "all causes", "", "")`;
/** Legend of one line for each sidecar. */
const EACH = legend("{{server}} {{instance}}");

const HEAD: GridRow = {
  height: 4,
  panels: [
    [
      4,
      stat({
        title: "Sidecars",
        description: "Sidecars that Prometheus has scraped lately.",
        unit: "locale",
        decimals: 0,
        queries: [rangeQuery(`count (${select(METRICS.upstreamUp)})`, "sidecars")],
      }),
    ],
    [
      4,
      stat({
        title: "What we add, p99",
        description: "What Tollgate adds to a request, in 99 % of all cases no more than this.",
        unit: "s",
        queries: [rangeQuery(quantile(0.99, OVERHEAD), "p99")],
        limits: { warn: 0.01, bad: 0.05 },
      }),
    ],
    [
      4,
      stat({
        title: "Event loop lag",
        description:
          "The 99th percentile of the delay of the event loop, of the sidecar that has it worst. All that a sidecar does waits for it. Around 10 ms is the resolution of the measurement.",
        unit: "s",
        queries: [rangeQuery(`max (${LAG})`, "lag")],
        limits: { warn: 0.05, bad: 0.2 },
      }),
    ],
    [
      4,
      stat({
        title: "Memory",
        description: "Resident memory of the sidecar that has most. Compare with the limit of its container.",
        unit: "bytes",
        queries: [rangeQuery(`max (${RESIDENT})`, "memory")],
      }),
    ],
    [
      4,
      stat({
        title: "Under way",
        description: "Requests that were accepted and have not ended, of all sidecars.",
        unit: "locale",
        decimals: 0,
        queries: [rangeQuery(`sum (${select(METRICS.inflight)})`, "requests")],
      }),
    ],
    [
      4,
      stat({
        title: "Telemetry lost",
        description:
          "Audit records and batches of spans that could not be written in the time that is shown.",
        unit: "locale",
        decimals: 0,
        queries: [
          instantQuery(
            `sum (${ofServer(increaseShown(select(METRICS.auditDropped)))}) + sum (${ofServer(increaseShown(select(METRICS.traceExportFailures)))})`,
            "lost",
          ),
        ],
        limits: { warn: 1, bad: 1 },
        isBare: true,
      }),
    ],
  ],
};

const LOAD: GridRow = sideBySide(
  {
    title: "What we add",
    description: "What Tollgate adds to a request: its duration without the server's part.",
    unit: "s",
    queries: [0.5, 0.95, 0.99].map((q) => rangeQuery(quantile(q, OVERHEAD), `p${q * 100}`)),
    colours: { p50: "green", p95: "blue", p99: "purple" },
  },
  {
    title: "Event loop lag, p99",
    description:
      "Delay of each sidecar's event loop. Above 50 ms calls wait: look for long messages, or too little CPU.",
    unit: "s",
    queries: [rangeQuery(LAG, EACH)],
    limits: { warn: 0.05, bad: 0.2 },
  },
);

const RESOURCES: GridRow = sideBySide(
  {
    title: "Memory",
    isLegendBeside: true,
    description: "Resident memory and used heap of each sidecar. A heap that only grows is a leak.",
    unit: "bytes",
    queries: [rangeQuery(RESIDENT, `${EACH} resident`), rangeQuery(HEAP, `${EACH} heap`)],
  },
  {
    title: "CPU",
    description: "Share of one CPU that each sidecar uses. Tollgate uses one thread: near 100 % it is full.",
    unit: "percentunit",
    queries: [rangeQuery(CPU, EACH)],
    limits: { warn: 0.7, bad: 0.9 },
  },
);

const MESSAGES: GridRow = sideBySide(
  {
    title: "Requests, sessions, streams",
    description:
      "What is open at present, of all sidecars. Streams that only grow are clients that do not hang up.",
    unit: "short",
    queries: [
      rangeQuery(`sum (${select(METRICS.inflight)})`, "requests"),
      rangeQuery(`sum (${select(METRICS.sessions)})`, "sessions"),
      rangeQuery(`sum (${select(METRICS.streams)})`, "streams"),
    ],
    colours: { requests: "blue", sessions: "green", streams: "purple" },
  },
  {
    title: "Messages by method",
    isLegendBeside: true,
    description: "Messages each second that passed, by the side they came from and their method.",
    unit: "reqps",
    queries: [
      rangeQuery(
        `sum by (direction, method) (${rate(select(METRICS.messages))}) > 0`,
        "{{direction}} {{method}}",
      ),
    ],
    isStacked: true,
  },
);

const TROUBLE: GridRow = sideBySide(
  {
    title: "Messages refused",
    softMax: 1,
    isLegendBeside: true,
    description:
      "Messages that Tollgate answered itself and never forwarded, by what was wrong with them: a client that is broken, or one that tries something.",
    unit: "reqps",
    queries: [rangeQuery(`${REFUSED_BY_CAUSE} > 0 or ${NONE_REFUSED}`, "{{cause}}")],
    isStacked: true,
    figures: ["max"],
  },
  {
    title: "Servers and limit store",
    softMax: 1,
    isLegendBeside: true,
    description:
      "Servers that do not answer, restarts of wrapped servers, errors of the limit store, and calls that passed without their limits being checked.",
    unit: "short",
    queries: [
      rangeQuery(`sum (1 - ${select(METRICS.upstreamUp)})`, "servers down"),
      rangeQuery(`sum (${increase(select(METRICS.upstreamRestarts))})`, "restarts"),
      rangeQuery(`sum (${increase(select(METRICS.limitStoreErrors))})`, "store errors"),
      rangeQuery(`sum (${increase(select(METRICS.failOpen))})`, "passed unchecked"),
    ],
    colours: {
      "servers down": "red",
      restarts: "purple",
      "store errors": "orange",
      "passed unchecked": "dark-red",
    },
    figures: ["max"],
  },
);

const TELEMETRY: GridRow = sideBySide(
  {
    title: "Telemetry lost",
    softMax: 1,
    description:
      "Audit records and batches of spans that could not be written, and events counted under _other or _unknown because a label was full.",
    unit: "short",
    queries: [
      rangeQuery(`sum (${ofServer(increase(select(METRICS.auditDropped)))})`, "audit records"),
      rangeQuery(`sum (${ofServer(increase(select(METRICS.traceExportFailures)))})`, "batches of spans"),
      rangeQuery(`sum (${ofServer(increase(select(METRICS.labelOverflow)))})`, "labels past bound"),
    ],
    colours: { "audit records": "red", "batches of spans": "orange", "labels past bound": "yellow" },
    figures: ["max"],
  },
  {
    title: "Scrape size",
    description:
      "Series in a scrape of each sidecar. Growth comes from agents and tools; the labels are bounded.",
    unit: "short",
    queries: [rangeQuery(SAMPLES, EACH)],
  },
);

const EACH_SIDECAR: GridRow = {
  height: 6,
  panels: [
    [
      24,
      table({
        title: "Each sidecar",
        description: "One row for each sidecar: what it runs, since when, and what it takes.",
        unit: "short",
        queries: [
          tableQuery(
            byInstance(ofServer(select(METRICS.buildInfo)), placed("server, instance, version, node")),
          ),
          tableQuery(`${byInstance(ofServer(selectForeign("process_start_time_seconds")))} * 1000`),
          tableQuery(byInstance(RESIDENT)),
          tableQuery(byInstance(ofServer(selectForeign("process_open_fds")))),
          tableQuery(byInstance(`sum by (${placed("server, instance")}) (${select(METRICS.limitKeys)})`)),
          tableQuery(byInstance(select(METRICS.toolsListBytes))),
          tableQuery(byInstance(SCRAPE)),
          tableQuery(`sum by (${placed("server, instance")}) (${select(METRICS.tools)})`),
        ],
        hidden: ["A"],
        sortBy: "Memory",
        columns: [
          ...placeColumns(),
          { of: "server", title: "Server" },
          { of: "instance", title: "Instance" },
          { of: "version", title: "Tollgate", width: 100 },
          { of: "node", title: "Node", width: 100 },
          { of: "B", title: "Started", unit: "dateTimeFromNow", width: 150 },
          { of: "C", title: "Memory", unit: "bytes", width: 110 },
          { of: "D", title: "Open files", width: 100 },
          { of: "E", title: "Limit keys", width: 100 },
          { of: "H", title: "Tools", width: 80 },
          { of: "F", title: "tools/list", unit: "bytes", width: 110 },
          { of: "G", title: "Scrape takes", unit: "s", width: 120 },
        ],
      }),
    ],
  ],
};

export const SIDECAR = board({
  name: "sidecar",
  title: "Sidecar",
  description:
    "How Tollgate itself does: what it adds, event loop, memory, streams, restarts, store errors, scrapes, lost telemetry.",
  variables: [datasource(), ...place(), server()],
  rows: [HEAD, LOAD, RESOURCES, MESSAGES, TROUBLE, TELEMETRY, EACH_SIDECAR],
});

function sideBySide(left: GraphOptions, right: GraphOptions): GridRow {
  return {
    height: 9,
    panels: [
      [12, graph(left)],
      [12, graph(right)],
    ],
  };
}

function increase(series: string): string {
  return `increase(${series}[$__rate_interval])`;
}

function byInstance(vector: string, labels = placed("server, instance")): string {
  return `max by (${labels}) (${vector})`;
}
