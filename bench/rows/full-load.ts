/** Closed loop at full load: calls per second and CPU per call against the empty proxy, nginx and the SDK back to back. */

import { type ClosedLoop, closedLoop } from "../load/closed-loop.ts";
import { SMALL_CALL } from "../load/request.ts";
import { startNginx } from "../subjects/nginx.ts";
import { startPassThrough, startSdkProxy } from "../subjects/node-programs.ts";
import { startTollgate } from "../subjects/tollgate.ts";
import { checkAnswers } from "./check-answers.ts";
import { inTurns, of, withSubjects } from "./in-turns.ts";
import { type Measurement, median, pairedRatio, type Row, type Rounds, verdictOf } from "./row.ts";

const CONNECTIONS = 32;
const NAMES = ["pass-through", "nginx", "sdk-proxy", "tollgate"] as const;

export const FULL_LOAD: Measurement = {
  name: "full-load",
  measures: "closed loop: calls/s and CPU per call",
  run: (stage) =>
    withSubjects(
      stage,
      [startPassThrough, (on) => startNginx(on), startSdkProxy, (on) => startTollgate(on)],
      async (subjects) => {
        const { rounds, seconds, warmUpSeconds } = stage.effort;
        const load = { message: SMALL_CALL, connections: CONNECTIONS };
        await checkAnswers(subjects, SMALL_CALL);
        for (const subject of subjects) await closedLoop(stage, subject, { ...load, seconds: warmUpSeconds });
        const measure = (subject: (typeof subjects)[number]) =>
          closedLoop(stage, subject, { ...load, seconds });
        const figures = await inTurns({ subjects, rounds, measure });
        await checkAnswers(subjects, SMALL_CALL);
        return rowsOf(figures);
      },
    ),
};

type Figures = ReadonlyMap<string, readonly ClosedLoop[]>;

function rowsOf(figures: Figures): readonly Row[] {
  const speed = (name: string) => of(figures, name, "callsPerSecond");
  const cpu = (name: string) => of(figures, name, "cpuUsPerCall");
  const byCpu = pairedRatio(cpu("pass-through"), cpu("tollgate")).toFixed(3);
  const note = `full load: calls per second of processor against bare node:http ${byCpu}; share of its core that each used: ${NAMES.map((name) => `${name} ${median(of(figures, name, "busy")).toFixed(2)}`).join(", ")}`;
  const roundsOf = (read: typeof speed): Rounds =>
    Object.fromEntries(NAMES.map((name) => [name, read(name)]));
  const row = (
    figure: string,
    [ratio, words]: [number, string],
    { atLeast, atMost, rounds }: RowParts,
  ): Row => ({
    figure,
    target: atLeast === undefined ? `<= ${atMost}` : `>= ${atLeast}`,
    value: `${ratio.toFixed(3)} (${words})`,
    verdict: verdictOf(ratio, {
      ...(atLeast !== undefined && { atLeast }),
      ...(atMost !== undefined && { atMost }),
    }),
    note,
    rounds,
  });
  const ratioOf = (read: typeof speed, other: string, unit: string): [number, string] => [
    pairedRatio(read("tollgate"), read(other)),
    `${median(read("tollgate")).toFixed(0)} to ${median(read(other)).toFixed(0)} ${unit}`,
  ];
  const [speeds, cpus] = [roundsOf(speed), roundsOf(cpu)];
  return [
    row("calls/s against bare node:http", ratioOf(speed, "pass-through", "calls/s"), {
      atLeast: 1,
      rounds: speeds,
    }),
    row("CPU per call against nginx, full load", ratioOf(cpu, "nginx", "us"), { atMost: 3.4, rounds: cpus }),
    row("calls/s against the SDK back to back", ratioOf(speed, "sdk-proxy", "calls/s"), {
      atLeast: 12,
      rounds: speeds,
    }),
    row("CPU per call against the SDK back to back", ratioOf(cpu, "sdk-proxy", "us"), {
      atMost: 0.1,
      rounds: cpus,
    }),
  ];
}

interface RowParts {
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly rounds: Rounds;
}
