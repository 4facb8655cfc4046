/** `npm run bench:boards`: times every query of the boards over a fleet, and prints the slowest. */

import { parseArgs } from "node:util";
import { type FilledPrometheus, startFilledPrometheus } from "./filled-prometheus.ts";
import { BAR_MS, leastTimeMs, timedQueries } from "./time-queries.ts";

const HELP = `Options:
  --servers N   servers of the fleet (40)
  --agents N    agents that call each of them (200)
  --hours N     hours of samples (26, so that a day precedes the shown hour)
  --range N     seconds that the boards show (3600)
  --interval N  seconds between two scrapes (30)
  --most N      slowest queries to print (15)
  --keep        leaves Prometheus running until the process is ended
`;

const { values } = parseArgs({
  options: {
    servers: { type: "string", default: "40" },
    agents: { type: "string", default: "200" },
    hours: { type: "string", default: "26" },
    range: { type: "string", default: "3600" },
    interval: { type: "string", default: "30" },
    most: { type: "string", default: "15" },
    keep: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const TRIES = 5;

if (values.help) process.stdout.write(HELP);
else await run();

async function run(): Promise<void> {
  const intervalS = Number(values.interval);
  const endS = Math.floor(Date.now() / 1000 / intervalS) * intervalS;
  const size = { servers: Number(values.servers), agents: Number(values.agents) };
  const period = { endS, lengthS: Number(values.hours) * 3_600, intervalS };
  const startMs = performance.now();
  const prometheus = await startFilledPrometheus(size, period);
  const filledS = (performance.now() - startMs) / 1000;
  console.log(
    `${prometheus.series} series, ${(prometheus.samples / 1e6).toFixed(0)} million samples in ${filledS.toFixed(0)} s, at ${prometheus.url}`,
  );
  try {
    await timeAll(prometheus, { endS, intervalS });
    if (values.keep) await new Promise((done) => process.once("SIGINT", done));
  } finally {
    await prometheus.stop();
  }
}

async function timeAll(
  { url: prometheusUrl, processorMs }: FilledPrometheus,
  { endS, intervalS }: { endS: number; intervalS: number },
): Promise<void> {
  const queries = timedQueries({
    prometheusUrl,
    rangeS: Number(values.range),
    scrapeIntervalS: intervalS,
    chosen: { tool: "StartThing1" },
    endS,
  });
  const times: { readonly where: string; readonly board: string; readonly ms: number }[] = [];
  for (const query of queries)
    times.push({
      where: query.where,
      board: query.board,
      ms: await leastTimeMs(query, { tries: TRIES, processorMs }),
    });
  const slowest = times.toSorted((a, b) => b.ms - a.ms);
  for (const { where, ms } of slowest.slice(0, Number(values.most)))
    console.log(`${ms.toFixed(0).padStart(6)} ms  ${where}`);
  for (const board of new Set(times.map(({ board }) => board))) {
    const own = times.filter((one) => one.board === board).map(({ ms }) => ms);
    const sum = own.reduce((a, b) => a + b, 0);
    console.log(
      `${board}: ${own.length} queries, slowest ${Math.max(...own).toFixed(0)} ms, together ${sum.toFixed(0)} ms`,
    );
  }
  const over = slowest.filter(({ ms }) => ms > BAR_MS);
  console.log(
    over.length === 0
      ? "no query takes longer than one second"
      : `${over.length} queries take longer than one second`,
  );
  process.exitCode = over.length === 0 ? 0 : 1;
}
