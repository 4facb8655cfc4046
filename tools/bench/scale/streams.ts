/** Curve: how many streams are open. Over HTTP through the built sidecar; the server speaks on one after the other, then on all. */

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
  return withSidecar({ config: CONFIG }, async ({ url, usage }, stub) => {
    const ears = new Ears();
    ears.add(await opened(url));
    await ears.hear(stub, WARM_EVENTS);
    const before = await usage({ isCollected: true });
    for (let missing = at - 1; missing > 0; missing -= OPENED_AT_ONCE) {
      const some = Array.from({ length: Math.min(missing, OPENED_AT_ONCE) }, () => opened(url));
      for (const stream of await Promise.all(some)) ears.add(stream);
    }
    // Twice over all streams, so that each has what it needs to carry an event.
    await ears.hear(stub, Math.max(WARM_EVENTS, at));
    const open = await usage({ isCollected: true });
    const latencies = await ears.hear(stub, EVENTS);
    const after = await usage();
    const all = await ears.hearAll(stub, at);
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

async function opened(url: string): Promise<IncomingMessage> {
  const response = await openResponse({ url });
  if (response.statusCode !== 200) throw new Error(`a stream was answered with ${response.statusCode}`);
  return response;
}

/** The far ends of all streams, and how long each event was under way. */
class Ears {
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

  /** Orders so many events and waits for all of them. */
  async hear(stub: Stub, count: number): Promise<readonly number[]> {
    await stub.order({ kind: "events", count, perSecond: EVENTS_PER_SECOND });
    return this.#heard(count);
  }

  /** How long the last of all streams waits for its event: the median of some turns. */
  async hearAll(stub: Stub, count: number): Promise<number> {
    const lasts: number[] = [];
    for (let turn = 0; turn < BROADCASTS; turn += 1) {
      await stub.order({ kind: "broadcast" });
      lasts.push(Math.max(...(await this.#heard(count))));
    }
    return quantile(lasts, 0.5);
  }

  close(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  async #heard(count: number): Promise<readonly number[]> {
    while (this.#tookMs.length < count) await pause(1);
    const heard = this.#tookMs;
    this.#tookMs = [];
    return heard;
  }
}
