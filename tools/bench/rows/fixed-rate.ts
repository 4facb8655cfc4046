/** Open loop at 500 and 2,000 calls a second: p99, and CPU per call, against nginx. The empty proxy shows Node's share. */

import { type OpenLoop, openLoop } from "../load/open-loop.ts";
import { SMALL_CALL } from "../load/request.ts";
import type { Testbed } from "../testbed.ts";
import { startNginx } from "../subjects/nginx.ts";
import { startPassThrough } from "../subjects/node-programs.ts";
import type { Subject } from "../subjects/subject.ts";
import { startTollgate } from "../subjects/tollgate.ts";
import { checkResponses } from "./check-responses.ts";
import { measureInTurns, figuresOfSubject, withSubjects } from "./in-turns.ts";
import { type Comparison, type Measurement, pairedRatio, ratioRow, type Row } from "./row.ts";

/** At 500 calls a second a p99 needs more time to have as many samples. */
const RATES = [
  { perSecond: 500, timesLonger: 2 },
  { perSecond: 2_000, timesLonger: 1 },
] as const;
const STARTS = [
  startPassThrough,
  (testbed: Testbed) => startNginx(testbed),
  (testbed: Testbed) => startTollgate(testbed),
] as const;
const WARM_UP_PER_SECOND = 2_000;

export const FIXED_RATES: readonly Measurement[] = RATES.map((rate) => ({
  name: `rate-${rate.perSecond}`,
  measures: `open loop at ${rate.perSecond} calls/s against nginx`,
  run: (testbed) =>
    withSubjects(testbed, STARTS, async (subjects) => {
      const { warmUpSeconds: seconds } = testbed.effort;
      const warmUp = { message: SMALL_CALL, perSecond: WARM_UP_PER_SECOND, seconds };
      for (const subject of subjects) await openLoop(testbed, subject, warmUp);
      const rows = await measureAtRate(testbed, subjects, rate);
      await checkResponses(subjects, SMALL_CALL);
      return rows;
    }),
}));

async function measureAtRate(
  testbed: Testbed,
  subjects: readonly Subject[],
  { perSecond, timesLonger }: (typeof RATES)[number],
): Promise<readonly Row[]> {
  const { rounds, seconds } = testbed.effort;
  const load = { message: SMALL_CALL, perSecond, seconds: seconds * timesLonger };
  const measure = (subject: Subject) => openLoop(testbed, subject, load);
  const figures = await measureInTurns({ subjects, rounds, measure });
  const note = `at ${perSecond} calls/s, against nginx: p50 ${toNginx(figures, "tollgate", "p50Us")}; the empty proxy p50 ${toNginx(figures, "pass-through", "p50Us")}, p99 ${toNginx(figures, "pass-through", "p99Us")}, CPU per call ${toNginx(figures, "pass-through", "cpuUsPerCall")}`;
  const latency = ratioRow({
    figure: `p99 at ${perSecond} calls/s against nginx`,
    bound: { atMost: 1.2 },
    rounds: both(figures, "p99Us"),
    unit: "us",
    note,
  });
  if (perSecond !== 2_000) return [latency];
  const figure = `CPU per call at ${perSecond} calls/s against nginx`;
  const cpu = { rounds: both(figures, "cpuUsPerCall"), unit: "us", note };
  return [latency, ratioRow({ figure, bound: { atMost: 1.7 }, ...cpu })];
}

type Figures = ReadonlyMap<string, readonly OpenLoop[]>;

function toNginx(figures: Figures, name: string, figure: "p50Us" | "p99Us" | "cpuUsPerCall"): string {
  return pairedRatio(
    figuresOfSubject(figures, name, figure),
    figuresOfSubject(figures, "nginx", figure),
  ).toFixed(2);
}

function both(figures: Figures, name: "p99Us" | "cpuUsPerCall"): Comparison["rounds"] {
  return [
    ["tollgate", figuresOfSubject(figures, "tollgate", name)],
    ["nginx", figuresOfSubject(figures, "nginx", name)],
  ];
}
