/** Curve: number of open streams, over HTTP through the built sidecar. The server sends on one stream after another, then on all. */

import type { IncomingMessage } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { openResponse } from "./caller.ts";
import { type Curve, type Point, quantile } from "./curve.ts";
import { type Stub, withSidecar } from "./processes.ts";

const EVENTS_PER_SECOND = 1_000;
const EVENTS = 4_000;
const WARM_EVENTS = 2_000;
const OPENED_AT_ONCE = 50;
const BROADCASTS = 5;
const CONFIG = {
  bounds: { streams: 10_000, "streams-per-agent": 10_000, requests: 20_000, "requests-per-agent": 20_000 },
};

export const STREAMS: Curve = {
  name: "streams",
  axis: "open streams",
  points: [1, 10, 100, 1_000, 5_000],
  quickPoints: [1, 10],
  columns: [
    { key: "cpu", label: "processor time of an event", unit: "us" },
    { key: "p50", label: "median event", unit: "ms" },
    { key: "p99", label: "99 % of events within", unit: "ms" },
    { key: "all", label: "one event to all", unit: "ms" },
    { key: "resident", label: "memory", unit: "MiB" },
    { key: "each", label: "memory for each stream", unit: "KiB" },
  ],
  panels: [
    { title: "Processor time of an event", lines: { cpu: "" } },
    { title: "Latency", lines: { p50: "median", p99: "99 %", all: "one event to all" } },
    { title: "Memory", lines: { resident: "" } },
  ],
  measure,
};

function measure(at: number): Promise<Point> {
  return withSidecar({ config: CONFIG }, async ({ url, readProbe: usage }, stub) => {
    const ears = new EventReceivers();
    ears.add(await openStream(url));
    await ears.receive(stub, WARM_EVENTS);
    const before = await usage({ isCollected: true });
    for (let missing = at - 1; missing > 0; missing -= OPENED_AT_ONCE) {
      const some = Array.from({ length: Math.min(missing, OPENED_AT_ONCE) }, () => openStream(url));
      for (const stream of await Promise.all(some)) ears.add(stream);
    }
    // Two rounds over all streams, so that each has allocated what it needs for an event.
    await ears.receive(stub, Math.max(WARM_EVENTS, at));
    const open = await usage({ isCollected: true });
    const latencies = await ears.receive(stub, EVENTS);
    const after = await usage();
    const all = await ears.receiveBroadcasts(stub, at);
    ears.close();
    return {
      at,
      figures: {
        cpu: (after.cpuUs - open.cpuUs) / EVENTS,
        p50: quantile(latencies, 0.5),
        p99: quantile(latencies, 0.99),
        all,
        resident: open.residentBytes / 2 ** 20,
        each: at < 100 ? null : (open.residentBytes - before.residentBytes) / (at - 1) / 1_024,
      },
    };
  });
}

async function openStream(url: string): Promise<IncomingMessage> {
  const response = await openResponse({ url });
  if (response.statusCode !== 200) throw new Error(`a stream was answered with ${response.statusCode}`);
  return response;
}

/** The client ends of all streams, and the delay of each event. */
class EventReceivers {
  readonly #streams: IncomingMessage[] = [];
  #tookMs: number[] = [];

  add(stream: IncomingMessage): void {
    this.#streams.push(stream);
    stream.on("error", () => undefined);
    stream.setEncoding("latin1").on("data", (text: string) => {
      const now = process.hrtime.bigint();
      for (const [, at = "0"] of text.matchAll(/"at":"(\d+)"/g))
        this.#tookMs.push(Number(now - BigInt(at)) / 1e6);
    });
  }

  /** Makes the server send this many events and waits for all of them. */
  async receive(stub: Stub, count: number): Promise<readonly number[]> {
    await stub.send({ kind: "events", count, perSecond: EVENTS_PER_SECOND });
    return this.#waitForEvents(count);
  }

  /** Median time until the last stream has received its event. */
  async receiveBroadcasts(stub: Stub, count: number): Promise<number> {
    const lasts: number[] = [];
    for (let turn = 0; turn < BROADCASTS; turn += 1) {
      await stub.send({ kind: "broadcast" });
      lasts.push(Math.max(...(await this.#waitForEvents(count))));
    }
    return quantile(lasts, 0.5);
  }

  close(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  async #waitForEvents(count: number): Promise<readonly number[]> {
    while (this.#tookMs.length < count) await pause(1);
    const heard = this.#tookMs;
    this.#tookMs = [];
    return heard;
  }
}
