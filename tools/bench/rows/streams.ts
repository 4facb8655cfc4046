/** Memory of one open stream among 5,000: Tollgate, and other proxies for comparison. */

import { setTimeout as pause } from "node:timers/promises";
import { openStreams } from "../load/streams.ts";
import type { Testbed } from "../testbed.ts";
import { startNginx } from "../subjects/nginx.ts";
import { startPassThrough } from "../subjects/node-programs.ts";
import { residentBytesOf } from "../subjects/process.ts";
import type { Subject } from "../subjects/subject.ts";
import { startTollgate } from "../subjects/tollgate.ts";
import { withSubjects } from "./in-turns.ts";
import { type Measurement, verdictOf } from "./row.ts";

const STREAMS = 5_000;
const STREAMS_WHEN_QUICK = 500;
/** Time in which memory that was needed only to open streams is collected. */
const SETTLE_MS = 3_000;
const KILOBYTE = 1_024;

export const STREAMS_OPEN: Measurement = {
  name: "streams",
  measures: "memory for one of 5,000 open streams",
  run: async (testbed) => {
    const kilobytes: Record<string, number> = {};
    for (const start of [startTollgate, startPassThrough, startNginx] as const) {
      await withSubjects(testbed, [(on: Testbed): Promise<Subject> => start(on)], async ([subject]) => {
        if (subject !== undefined) kilobytes[subject.name] = await perStream(subject, testbed);
      });
    }
    const ours = kilobytes["tollgate"] ?? Number.NaN;
    const others = ["pass-through", "nginx"].map((name) => `${name} ${kilobytes[name]?.toFixed(1)} KB`);
    return [
      {
        figure: `memory per open stream, at ${countOf(testbed)}`,
        target: "< 30 KB",
        value: `${ours.toFixed(1)} KB`,
        verdict: verdictOf(ours, { atMost: 30 }),
        note: `open stream: ${others.join(", ")}`,
        rounds: Object.fromEntries(Object.entries(kilobytes).map(([name, one]) => [name, [one]])),
      },
    ];
  },
};

function countOf({ effort }: Testbed): number {
  return effort.isQuick ? STREAMS_WHEN_QUICK : STREAMS;
}

async function perStream(subject: Subject, testbed: Testbed): Promise<number> {
  // The first stream allocates more than each later one, so it is opened before.
  const first = await openStreams(subject, 1);
  await pause(testbed.effort.isQuick ? 0 : SETTLE_MS);
  const before = residentBytesOf(subject.pids());
  const streams = await openStreams(subject, countOf(testbed));
  await pause(testbed.effort.isQuick ? 0 : SETTLE_MS);
  const after = residentBytesOf(subject.pids());
  streams.close();
  first.close();
  return (after - before) / countOf(testbed) / KILOBYTE;
}
