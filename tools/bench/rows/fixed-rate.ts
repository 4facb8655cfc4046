/** Open loop at 500 and 2,000 calls a second: p99, and CPU per call, against nginx; the empty proxy shows what of it is Node's. */

import { type OpenLoop, openLoop } from "../load/open-loop.ts";
import { SMALL_CALL } from "../load/request.ts";
import type { Stage } from "../stage.ts";
import { startNginx } from "../subjects/nginx.ts";
import { startPassThrough } from "../subjects/node-programs.ts";
import type { Subject } from "../subjects/subject.ts";
import { startTollgate } from "../subjects/tollgate.ts";
import { checkAnswers } from "./check-answers.ts";
import { inTurns, of, withSubjects } from "./in-turns.ts";
import { type Compared, type Measurement, pairedRatio, ratioRow, type Row } from "./row.ts";

/** At 500 calls a second a p99 needs more time for as many calls. */
const RATES = [
  { perSecond: 500, timesLonger: 2 },
  { perSecond: 2_000, timesLonger: 1 },
] as const;
const STARTS = [
  startPassThrough,
  (stage: Stage) => startNginx(stage),
  (stage: Stage) => startTollgate(stage),
] as const;
const WARM_UP_PER_SECOND = 2_000;

export const FIXED_RATES: readonly Measurement[] = RATES.map((rate) => ({
  name: `rate-${rate.perSecond}`,
  measures: `open loop at ${rate.perSecond} calls/s against nginx`,
  run: (stage) =>
    withSubjects(stage, STARTS, async (subjects) => {
      const { warmUpSeconds: seconds } = stage.effort;
      const warmUp = { message: SMALL_CALL, perSecond: WARM_UP_PER_SECOND, seconds };
      for (const subject of subjects) await openLoop(stage, subject, warmUp);
      const rows = await atRate(stage, subjects, rate);
      await checkAnswers(subjects, SMALL_CALL);
      return rows;
    }),
}));

async function atRate(
  stage: Stage,
  subjects: readonly Subject[],
  { perSecond, timesLonger }: (typeof RATES)[number],
): Promise<readonly Row[]> {
  const { rounds, seconds } = stage.effort;
  const load = { message: SMALL_CALL, perSecond, seconds: seconds * timesLonger };
  const measure = (subject: Subject) => openLoop(stage, subject, load);
  const figures = await inTurns({ subjects, rounds, measure });
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
  return pairedRatio(of(figures, name, figure), of(figures, "nginx", figure)).toFixed(2);
}

function both(figures: Figures, name: "p99Us" | "cpuUsPerCall"): Compared["rounds"] {
  return [
    ["tollgate", of(figures, "tollgate", name)],
    ["nginx", of(figures, "nginx", name)],
  ];
}
