/** Results of 1 MB and 10 MB: bytes per second against nginx, and whether memory stays flat. */

import { closedLoop } from "../load/closed-loop.ts";
import { bigCall } from "../load/request.ts";
import type { Testbed } from "../testbed.ts";
import { startNginx } from "../subjects/nginx.ts";
import { startPassThrough } from "../subjects/node-programs.ts";
import { residentBytesOf } from "../subjects/process.ts";
import type { Subject } from "../subjects/subject.ts";
import { startTollgate } from "../subjects/tollgate.ts";
import { checkResponses } from "./check-responses.ts";
import { measureInTurns, figuresOfSubject, withSubjects } from "./in-turns.ts";
import { type Measurement, pairedRatio, ratioRow, type Row, verdictOf } from "./row.ts";
import { median } from "../median.ts";

const CONNECTIONS = 4;
const MEGABYTE = 1_000_000;

export const BIG_RESULTS: Measurement = {
  name: "big-results",
  measures: "results of 1 MB and 10 MB: bytes/s against nginx, memory",
  run: (testbed) =>
    withSubjects(
      testbed,
      [(on) => startNginx(on), startPassThrough, (on) => startTollgate(on)],
      async (subjects) => [
        ...(await measureResultsOf(1, testbed, subjects)),
        ...(await measureResultsOf(10, testbed, subjects)),
      ],
    ),
};

async function measureResultsOf(
  megabytes: 1 | 10,
  testbed: Testbed,
  subjects: readonly Subject[],
): Promise<readonly Row[]> {
  const { rounds, seconds, warmUpSeconds } = testbed.effort;
  const load = { message: bigCall(megabytes), connections: CONNECTIONS };
  await checkResponses(subjects, load.message);
  for (const subject of subjects) await closedLoop(testbed, subject, { ...load, seconds: warmUpSeconds });
  const tollgate = subjects.find(({ name }) => name === "tollgate");
  const warm = tollgate === undefined ? Number.NaN : residentMbOf(tollgate);
  const measure = async (subject: Subject) => {
    const { bytesPerSecond, cpuUsPerCall } = await closedLoop(testbed, subject, { ...load, seconds });
    return {
      megabytesPerSecond: bytesPerSecond / MEGABYTE,
      cpuUsPerCall,
      residentMb: residentMbOf(subject),
    };
  };
  const figures = await measureInTurns({ subjects, rounds, measure });
  const nginx = figuresOfSubject(figures, "nginx", "megabytesPerSecond");
  const bare = figuresOfSubject(figures, "pass-through", "megabytesPerSecond");
  const speed = ratioRow({
    figure: `results of ${megabytes} MB: bytes/s against nginx`,
    bound: { atLeast: 0.9 },
    rounds: [
      ["tollgate", figuresOfSubject(figures, "tollgate", "megabytesPerSecond")],
      ["nginx", nginx],
    ],
    unit: "MB/s",
    note: `results of ${megabytes} MB: an empty proxy on node:http: ${pairedRatio(bare, nginx).toFixed(3)} of nginx (${median(bare).toFixed(0)} MB/s)`,
  });
  const cpu = (name: string) => [name, figuresOfSubject(figures, name, "cpuUsPerCall")] as const;
  const cost = ratioRow({
    figure: `results of ${megabytes} MB: CPU of a call against bare node:http`,
    bound: { atMost: 1.3 },
    rounds: [cpu("tollgate"), cpu("pass-through")],
    unit: "us",
  });
  return [speed, cost, flatness(megabytes, [warm, ...figuresOfSubject(figures, "tollgate", "residentMb")])];
}

function residentMbOf(subject: Subject): number {
  return residentBytesOf(subject.pids()) / MEGABYTE;
}

/** Memory is flat when the last round left at most a tenth more than the warm-up. */
function flatness(megabytes: number, residentMb: readonly number[]): Row {
  const growth = (residentMb.at(-1) ?? Number.NaN) / (residentMb[0] ?? Number.NaN);
  return {
    figure: `results of ${megabytes} MB: memory, last round against warm-up`,
    target: "<= 1.1, flat",
    value: `${growth.toFixed(3)} (${residentMb.map((one) => one.toFixed(0)).join(", ")} MB)`,
    verdict: verdictOf(growth, { atMost: 1.1 }),
    rounds: { tollgate: residentMb },
  };
}
