/** More than one core by `--workers 2`, against the single process, with load and stub on the same cores. */

import { closedLoop } from "../load/closed-loop.ts";
import { SMALL_CALL } from "../load/request.ts";
import { median } from "../median.ts";
import type { Subject } from "../subjects/subject.ts";
import { startTollgate } from "../subjects/tollgate.ts";
import { onEveryCore, type Testbed } from "../testbed.ts";
import { checkResponses } from "./check-responses.ts";
import { figuresOfSubject, measureInTurns, withSubjects } from "./in-turns.ts";
import { type Measurement, pairedRatio, ratioRow, type Row } from "./row.ts";

const CONNECTIONS = 64;
const SINGLE = "a single process";
const TWO = "two workers";

export const WORKERS: Measurement = {
  name: "workers",
  measures: "--workers 2 on two cores, against the single process",
  run: (pinned) => {
    const starts = [
      async (on: Testbed) => ({ ...(await startTollgate(on)), name: SINGLE }),
      async (on: Testbed) => ({ ...(await startTollgate(on, { workers: 2 })), name: TWO }),
    ];
    const testbed = onEveryCore(pinned);
    return withSubjects<readonly Row[]>(testbed, starts, (subjects) => rowsOf(testbed, subjects));
  },
};

async function rowsOf(testbed: Testbed, subjects: readonly Subject[]): Promise<readonly Row[]> {
  const { rounds, seconds, warmUpSeconds } = testbed.effort;
  const load = { message: SMALL_CALL, connections: CONNECTIONS };
  await checkResponses(subjects, SMALL_CALL);
  for (const subject of subjects) await closedLoop(testbed, subject, { ...load, seconds: warmUpSeconds });
  const measure = (subject: Subject) => closedLoop(testbed, subject, { ...load, seconds });
  const figures = await measureInTurns({ subjects, rounds, measure });
  const speeds = (name: string): readonly number[] => figuresOfSubject(figures, name, "callsPerSecond");
  const cpu = (name: string): readonly number[] => figuresOfSubject(figures, name, "cpuUsPerCall");
  return [
    ratioRow({
      figure: "calls/s of two workers on two cores, against the single process",
      bound: { atLeast: 1.3 },
      rounds: [
        [TWO, speeds(TWO)],
        [SINGLE, speeds(SINGLE)],
      ],
      unit: "calls/s",
      note: `workers: CPU per call, all processes, ${pairedRatio(cpu(TWO), cpu(SINGLE)).toFixed(2)} of the single process's (${median(cpu(TWO)).toFixed(0)} to ${median(cpu(SINGLE)).toFixed(0)} us); load and stub run on the same two cores`,
    }),
  ];
}
