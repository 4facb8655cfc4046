/** The series of one metric, found by their label values and held in pages that are rendered one at a time. */

import { Counter, Gauge, Histogram, Registry, type OpenMetricsContentType } from "prom-client";
import type { HistogramRow, MetricRow, NumberRow } from "./metric-table.ts";

/** A page is what is rendered in one turn of the event loop. */
const PAGE_LINES = 1000;

type Labels = Readonly<Record<string, string>>;

interface Page<Series> {
  readonly registry: Registry<OpenMetricsContentType>;
  readonly create: (labels: Labels) => Series;
  /** Hands what was counted since the last time to the registry. */
  readonly flush: () => void;
  readonly state: PageState;
  size: number;
}

interface PageState {
  /** As it was rendered last. */
  block: string;
  /** Whether something on it has changed since; most pages are the same from scrape to scrape. */
  isChanged: boolean;
}

interface Branch<Series> {
  readonly next: Map<string, Branch<Series>>;
  series?: Series;
}

/** A series that holds one number; the registry learns of it when it is read, so that counting costs an addition. */
export interface NumberSeries {
  readonly add: (amount: number) => void;
  readonly set: (value: number) => void;
}

export interface HistogramSeries {
  /** `traceId` becomes the bucket's exemplar. */
  readonly observe: (value: number, traceId?: string) => void;
}

export class Family<Series> {
  readonly row: MetricRow;
  readonly #names: readonly string[];
  readonly #seriesPerPage: number;
  readonly #createPage: () => Page<Series>;
  #root: Branch<Series> = { next: new Map() };
  #pages: Page<Series>[] = [];
  #server = "";

  constructor(row: MetricRow, createPage: () => Page<Series>) {
    this.row = row;
    this.#names = ownLabels(row);
    this.#createPage = createPage;
    this.#seriesPerPage = Math.ceil(PAGE_LINES / linesOf(row));
    this.#pages.push(createPage());
  }

  /** The series with these values, one for each label of the row but `server`; born at 0. */
  series(...values: readonly string[]): Series {
    let branch = this.#root;
    for (const value of values) {
      let next = branch.next.get(value);
      if (next === undefined) branch.next.set(value, (next = { next: new Map() }));
      branch = next;
    }
    return (branch.series ??= this.#create(values));
  }

  get size(): number {
    return this.#pages.reduce((sum, page) => sum + page.size, 0);
  }

  /** Forgets every series; for gauges whose label values come and go. */
  reset(): void {
    this.#root = { next: new Map() };
    this.#pages = [this.#openPage()];
  }

  nameServer(server: string): void {
    this.#server = server;
    for (const page of this.#pages) this.#label(page);
  }

  /** The family as OpenMetrics blocks; the first one carries HELP and TYPE for all. */
  async *render(): AsyncGenerator<string> {
    for (const [index, page] of this.#pages.entries()) {
      if (page.state.isChanged) {
        // Before it is read: what changes meanwhile is for the next scrape.
        page.state.isChanged = false;
        page.flush();
        const block = await page.registry.getSingleMetricAsString(registeredName(this.row));
        page.state.block =
          index === 0 ? block : block.slice(block.indexOf("\n", block.indexOf("\n") + 1) + 1);
      }
      yield page.state.block;
    }
  }

  #create(values: readonly string[]): Series {
    if (values.length !== this.#names.length) throw new TypeError(`${this.row.name}: a label is missing`);
    const last = this.#pages.at(-1);
    const page = last === undefined || last.size >= this.#seriesPerPage ? this.#openPage() : last;
    if (page !== last) this.#pages.push(page);
    page.size += 1;
    page.state.isChanged = true;
    return page.create(Object.fromEntries(this.#names.map((name, index) => [name, values[index] ?? ""])));
  }

  #openPage(): Page<Series> {
    const page = this.#createPage();
    this.#label(page);
    return page;
  }

  #label(page: Page<Series>): void {
    page.state.isChanged = true;
    if (this.row.labels.includes("server")) page.registry.setDefaultLabels({ server: this.#server });
  }
}

export function numberFamily(row: NumberRow): Family<NumberSeries> {
  return new Family(row, () => {
    const registry = openRegistry();
    const write = row.type === "counter" ? counterWriter(row, registry) : gaugeWriter(row, registry);
    const flushes: (() => void)[] = [];
    const state: PageState = { block: "", isChanged: true };
    const create = (labels: Labels): NumberSeries => {
      let value = 0;
      let written = 0;
      write(labels, 0, 0);
      flushes.push(() => {
        if (value !== written) write(labels, value, value - written);
        written = value;
      });
      const set = (next: number): void => {
        if (next !== value) state.isChanged = true;
        value = next;
      };
      return { add: (amount) => set(value + amount), set };
    };
    const flush = (): void => {
      for (const flushOne of flushes) flushOne();
    };
    return { registry, create, flush, state, size: 0 };
  });
}

export function histogramFamily(row: HistogramRow): Family<HistogramSeries> {
  return new Family(row, () => {
    const registry = openRegistry();
    const histogram = new Histogram({
      ...registration(row, registry),
      buckets: [...row.buckets],
      enableExemplars: true,
    });
    const state: PageState = { block: "", isChanged: true };
    const create = (labels: Labels): HistogramSeries => {
      histogram.zero(labels);
      const child = histogram.labels(labels);
      return {
        observe: (value, traceId) => {
          state.isChanged = true;
          if (traceId === undefined) child.observe(value);
          else histogram.observe({ labels, value, exemplarLabels: { trace_id: traceId } });
        },
      };
    };
    return { registry, create, flush: () => undefined, state, size: 0 };
  });
}

function openRegistry(): Registry<OpenMetricsContentType> {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  return registry;
}

type Write = (labels: Labels, value: number, change: number) => void;

function counterWriter(row: NumberRow, registry: Registry<OpenMetricsContentType>): Write {
  const counter = new Counter(registration(row, registry));
  return (labels, _value, change) => counter.inc(labels, change);
}

function gaugeWriter(row: NumberRow, registry: Registry<OpenMetricsContentType>): Write {
  const gauge = new Gauge(registration(row, registry));
  return (labels, value) => gauge.set(labels, value);
}

function registration(row: MetricRow, registry: Registry<OpenMetricsContentType>) {
  return { name: registeredName(row), help: row.help, labelNames: ownLabels(row), registers: [registry] };
}

/** prom-client adds `_total` itself when it writes OpenMetrics. */
function registeredName(row: MetricRow): string {
  return row.type === "counter" ? row.name.replace(/_total$/, "") : row.name;
}

function ownLabels(row: MetricRow): readonly string[] {
  return row.labels.filter((label) => label !== "server");
}

/** Lines per series: one for each bucket, the infinite one, the sum and the count. */
function linesOf(row: MetricRow): number {
  return row.type === "histogram" ? row.buckets.length + 3 : 1;
}
