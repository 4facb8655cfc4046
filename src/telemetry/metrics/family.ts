/** The series of one metric, found by their label values, and rendered in slices. */

import type { TextFormat } from "./exposition-format.ts";
import type { HistogramRow, MetricRow, NumberRow } from "./metric-definitions.ts";
import { NativeBuckets } from "./native-buckets.ts";
import {
  histogramNames,
  type HistogramSeries,
  histogramSeries,
  labelText,
  type NumberSeries,
  numberSeries,
  type Series,
} from "./series.ts";

/** Lines of one slice; the event loop may run between two slices. */
const SLICE_LINES = 500;

interface Branch<Kind> {
  readonly next: Map<string, Branch<Kind>>;
  series?: Kind;
}

export class Family<Kind extends Series> {
  readonly row: MetricRow;
  readonly #names: readonly string[];
  readonly #createSeries: (labels: string) => Kind;
  #root: Branch<Kind> = { next: new Map() };
  /** In the order of creation. */
  #all: Kind[] = [];
  #shared = "";
  #server = "";

  constructor(row: MetricRow, create: (labels: string) => Kind) {
    this.row = row;
    this.#names = row.labels.filter((label) => label !== "server");
    this.#createSeries = create;
  }

  /** The series with these values, one for each label of the row but `server`; created with the value 0 when there is none. */
  series(...values: readonly string[]): Kind {
    let branch = this.#root;
    for (const value of values) {
      let next = branch.next.get(value);
      if (next === undefined) branch.next.set(value, (next = { next: new Map() }));
      branch = next;
    }
    return (branch.series ??= this.#add(values));
  }

  get size(): number {
    return this.#all.length;
  }

  /** Deletes every series; for gauges whose label values change. */
  reset(): void {
    this.#root = { next: new Map() };
    this.#all = [];
  }

  /** Each series with its label values by name, `server` included. */
  *points(): Generator<{ readonly labels: Readonly<Record<string, string>>; readonly series: Kind }> {
    const shared = this.row.labels.includes("server") ? { server: this.#server } : {};
    for (const { values, series } of leavesOf(this.#root, [])) {
      const own = this.#names.map((name, index) => [name, values[index] ?? ""] as const);
      yield { labels: { ...shared, ...Object.fromEntries(own) }, series };
    }
  }

  nameServer(server: string): void {
    this.#server = server;
    this.#shared = this.row.labels.includes("server") ? labelText(["server"], [server]) : "";
  }

  /** The family as blocks of lines without a line break at their end; the first block begins with HELP and TYPE. */
  *render(format: TextFormat): Generator<string> {
    const lines: string[] = [...declaration(this.row, format)];
    const context = { format, shared: this.#shared };
    // Invariant: a series that is created between two slices is rendered last.
    for (const series of this.#all) {
      series.write(lines, context);
      if (lines.length < SLICE_LINES) continue;
      yield lines.join("\n");
      lines.length = 0;
    }
    if (lines.length > 0) yield lines.join("\n");
  }

  #add(values: readonly string[]): Kind {
    if (values.length !== this.#names.length) throw new TypeError(`${this.row.name}: a label is missing`);
    const series = this.#createSeries(labelText(this.#names, values));
    this.#all.push(series);
    return series;
  }
}

function* leavesOf<Kind>(
  { next, series }: Branch<Kind>,
  values: readonly string[],
): Generator<{ readonly values: readonly string[]; readonly series: Kind }> {
  if (series !== undefined) yield { values, series };
  for (const [value, branch] of next) yield* leavesOf(branch, [...values, value]);
}

export function numberFamily(row: NumberRow): Family<NumberSeries> {
  return new Family(row, (labels) => numberSeries(row.name, labels));
}

/** With native buckets beside the classic ones where `hasNative`. */
export function histogramFamily(row: HistogramRow, hasNative = false): Family<HistogramSeries> {
  const names = histogramNames(row.name, row.buckets);
  return new Family(row, (labels) =>
    histogramSeries(names, labels, hasNative ? new NativeBuckets() : undefined),
  );
}

export function isHistogramFamily(
  family: Family<NumberSeries> | Family<HistogramSeries>,
): family is Family<HistogramSeries> {
  return family.row.type === "histogram";
}

/** HELP and TYPE. OpenMetrics declares a counter without the `_total` of its samples. */
function declaration({ name, type, help }: MetricRow, format: TextFormat): readonly string[] {
  const declared = format === "openmetrics" && type === "counter" ? name.replace(/_total$/, "") : name;
  return [`# HELP ${declared} ${help}`, `# TYPE ${declared} ${type}`];
}
