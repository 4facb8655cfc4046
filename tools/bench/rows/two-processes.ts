/** More than one core: two Tollgates behind nginx with limits in Redis, against one behind nginx, and one called directly. */

import { startRedis } from "../../../test/fixtures/start-redis.ts";
import { closedLoop } from "../load/closed-loop.ts";
import { SMALL_CALL } from "../load/request.ts";
import { onEveryCore, type Testbed } from "../testbed.ts";
import { startNginx } from "../subjects/nginx.ts";
import type { Subject } from "../subjects/subject.ts";
import { startTollgate } from "../subjects/tollgate.ts";
import { checkResponses } from "./check-responses.ts";
import { measureInTurns, figuresOfSubject, withSubjects } from "./in-turns.ts";
import { type Measurement, pairedRatio, type Row } from "./row.ts";
import { median } from "../median.ts";

const CONNECTIONS = 64;

export const TWO_PROCESSES: Measurement = {
  name: "two-processes",
  measures: "two processes behind one port with limits in Redis, against one",
  run: async (pinned) => {
    const testbed = onEveryCore(pinned);
    const redis = await startRedis();
    try {
      const starts = [
        async (on: Testbed) => ({ ...(await startTollgate(on)), name: "one, called directly" }),
        (on: Testbed) => startBehindNginx(on, { name: "one", count: 1, limits: redis.url }),
        (on: Testbed) => startBehindNginx(on, { name: "two", count: 2, limits: redis.url }),
      ];
      return await withSubjects<readonly Row[]>(testbed, starts, (subjects) => rowsOf(testbed, subjects));
    } finally {
      await redis.stop();
    }
  },
};

interface Fleet {
  readonly name: string;
  readonly count: number;
  readonly limits: string;
}

async function startBehindNginx(testbed: Testbed, { name, count, limits }: Fleet): Promise<Subject> {
  const fleet: Subject[] = [];
  const stop = async (): Promise<void> => void (await Promise.all(fleet.map((one) => one.stop())));
  try {
    for (let index = 0; index < count; index += 1) fleet.push(await startTollgate(testbed, { limits }));
    const ports = fleet.map(({ port }) => port);
    const nginx = await startNginx(testbed, ports);
    fleet.push(nginx);
    return { ...nginx, name, pids: () => fleet.flatMap(({ pids }) => pids()), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function rowsOf(testbed: Testbed, subjects: readonly Subject[]): Promise<readonly Row[]> {
  const { rounds, seconds, warmUpSeconds } = testbed.effort;
  const load = { message: SMALL_CALL, connections: CONNECTIONS };
  await checkResponses(subjects, SMALL_CALL);
  for (const subject of subjects) await closedLoop(testbed, subject, { ...load, seconds: warmUpSeconds });
  const measure = (subject: Subject) => closedLoop(testbed, subject, { ...load, seconds });
  const figures = await measureInTurns({ subjects, rounds, measure });
  await checkResponses(subjects, SMALL_CALL);
  const speeds = Object.fromEntries(
    subjects.map(({ name }) => [name, figuresOfSubject(figures, name, "callsPerSecond")] as const),
  );
  const [two = [], one = [], direct = []] = [speeds["two"], speeds["one"], speeds["one, called directly"]];
  return [
    {
      figure: "two processes behind one port, limits in Redis, against one",
      target: "",
      value: `${pairedRatio(two, one).toFixed(3)} (${median(two).toFixed(0)} to ${median(one).toFixed(0)} calls/s)`,
      verdict: "no target",
      note: `two processes: ${pairedRatio(two, direct).toFixed(3)} of one that is called directly and counts in memory (${median(direct).toFixed(0)} calls/s); nothing is pinned, and the load, the stub, nginx and Redis share the cores with them`,
      rounds: speeds,
    },
  ];
}
