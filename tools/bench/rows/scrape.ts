/** A scrape with the most series that may exist: how long it blocks the event loop, and its effect on callers. */

import { setTimeout as pause } from "node:timers/promises";
import { openLoop } from "../load/open-loop.ts";
import { SMALL_CALL } from "../load/request.ts";
import type { Testbed } from "../testbed.ts";
import { sendRequest } from "../subjects/subject.ts";
import { startTollgate, type Tollgate } from "../subjects/tollgate.ts";
import { fillSeries } from "./fill-series.ts";
import { runInsideProgram } from "./inside.ts";
import { type Measurement, pairedRatio, type Row, verdictOf } from "./row.ts";
import { median } from "../median.ts";

const PER_SECOND = 500;
/** Fifteen times as often as the default of Prometheus. */
const SCRAPE_EVERY_MS = 1_000;

export const SCRAPE: Measurement = {
  name: "scrape",
  measures: "a scrape at the series cap: event loop, callers' p99",
  run: async (testbed) => {
    const names = ["series", "bytes", "firstMs", "longestMs", "worstMs", "wholeMs"] as const;
    const figures = await runInsideProgram(testbed, "scrape", names);
    const megabytes = (figures.bytes / 1e6).toFixed(1);
    return [
      {
        figure: "a scrape at the series cap: longest turn of the event loop",
        target: "< 50 ms",
        value: `${figures.longestMs.toFixed(1)} ms`,
        verdict: verdictOf(figures.longestMs, { atMost: 50 }),
        note: `scrape: ${figures.series} series, ${megabytes} MB, ${figures.wholeMs.toFixed(0)} ms in all; worst turn ${figures.worstMs.toFixed(1)} ms, first scrape ${figures.firstMs.toFixed(1)} ms`,
      },
      await callersWhileScraped(testbed),
    ];
  },
};

async function callersWhileScraped(testbed: Testbed): Promise<Row> {
  const tollgate = await startTollgate(testbed);
  try {
    await fillSeries(tollgate);
    const { rounds, seconds, warmUpSeconds } = testbed.effort;
    const load = { message: SMALL_CALL, perSecond: PER_SECOND };
    await openLoop(testbed, tollgate, { ...load, perSecond: 2_000, seconds: warmUpSeconds });
    await scrape(tollgate);
    const [alone, scraped]: [number[], number[]] = [[], []];
    let bytes = 0;
    for (let round = 0; round < rounds; round += 1) {
      alone.push((await openLoop(testbed, tollgate, { ...load, seconds })).p99Us);
      const scraping = scrapeUntilStopped(tollgate);
      scraped.push((await openLoop(testbed, tollgate, { ...load, seconds })).p99Us);
      bytes = await scraping.stop();
    }
    const ratio = pairedRatio(scraped, alone);
    return {
      figure: `callers' p99 at ${PER_SECOND} calls/s while scraped`,
      target: "<= 1.1",
      value: `${ratio.toFixed(3)} (${median(scraped).toFixed(0)} to ${median(alone).toFixed(0)} us)`,
      verdict: verdictOf(ratio, { atMost: 1.1 }),
      note: `callers while scraped: every ${SCRAPE_EVERY_MS / 1000} s, ${(bytes / 1e6).toFixed(1)} MB each`,
      rounds: { scraped, alone },
    };
  } finally {
    await tollgate.stop();
  }
}

/** Returns the bytes of one scrape. @throws when it fails */
export async function scrape({ adminPort }: Tollgate): Promise<number> {
  const { status, text } = await sendRequest({ port: adminPort, path: "/metrics" });
  if (status !== 200) throw new Error(`tollgate: a scrape was answered with ${status}`);
  return text.length;
}

/** Scrapes every second; `stop` returns the bytes of the last scrape. */
export function scrapeUntilStopped(tollgate: Tollgate): { readonly stop: () => Promise<number> } {
  const state = { isStopped: false };
  const scraping = (async () => {
    let bytes = 0;
    do {
      bytes = await scrape(tollgate);
      await pause(SCRAPE_EVERY_MS);
    } while (!state.isStopped);
    return bytes;
  })();
  return {
    stop: () => {
      state.isStopped = true;
      return scraping;
    },
  };
}
