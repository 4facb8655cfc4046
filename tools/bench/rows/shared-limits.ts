/** Limits shared over Redis on loopback: what they add to a call's p50, and the number of reads by Redis for a call with three limits. */

import { startRedis, type RedisServer } from "../../../test/fixtures/start-redis.ts";
import { openLoop } from "../load/open-loop.ts";
import { SMALL_CALL } from "../load/request.ts";
import type { Testbed } from "../testbed.ts";
import type { Subject } from "../subjects/subject.ts";
import { startTollgate } from "../subjects/tollgate.ts";
import { checkResponses } from "./check-responses.ts";
import { measureInTurns, figuresOfSubject, withSubjects } from "./in-turns.ts";
import { type Measurement, type Row, verdictOf } from "./row.ts";
import { median } from "../median.ts";

const PER_SECOND = 500;
const LIMITS_PER_TOOL = 3;

export const SHARED_LIMITS: Measurement = {
  name: "shared-limits",
  measures: "limits over Redis: added p50, round trips",
  run: async (testbed) => {
    const redis = await startRedis();
    try {
      const common = { limitsPerTool: LIMITS_PER_TOOL };
      const inMemory = () => startTollgate(testbed, common);
      const shared = async () => ({
        ...(await startTollgate(testbed, { ...common, limits: redis.url })),
        name: "shared",
      });
      return await withSubjects(testbed, [inMemory, shared], (subjects) => rowsOf(testbed, subjects, redis));
    } finally {
      await redis.stop();
    }
  },
};

async function rowsOf(
  testbed: Testbed,
  subjects: readonly Subject[],
  redis: RedisServer,
): Promise<readonly Row[]> {
  const { rounds, seconds, warmUpSeconds } = testbed.effort;
  const load = { message: SMALL_CALL, perSecond: PER_SECOND };
  await checkResponses(subjects, SMALL_CALL);
  for (const subject of subjects) await openLoop(testbed, subject, { ...load, seconds: warmUpSeconds });
  const before = statisticsOf(redis);
  const measure = (subject: Subject) => openLoop(testbed, subject, { ...load, seconds });
  const figures = await measureInTurns({ subjects, rounds, measure });
  const after = statisticsOf(redis);
  await checkResponses(subjects, SMALL_CALL);
  const calls = figuresOfSubject(figures, "shared", "calls").reduce((sum, one) => sum + one, 0);
  const reads = (after.reads - before.reads) / calls;
  const [ours, theirs] = [
    figuresOfSubject(figures, "shared", "p50Us"),
    figuresOfSubject(figures, "tollgate", "p50Us"),
  ];
  const addedUs = median(ours.map((us, round) => us - (theirs[round] ?? Number.NaN)));
  return [
    {
      figure: `shared limits over Redis: added to p50 at ${PER_SECOND} calls/s`,
      target: "< 120 us",
      value: `${addedUs.toFixed(0)} us (${median(ours).toFixed(0)} to ${median(theirs).toFixed(0)} us)`,
      verdict: verdictOf(addedUs, { atMost: 120 }),
      rounds: { shared: ours, "in memory": theirs },
    },
    {
      figure: `round trips to Redis for a call with ${LIMITS_PER_TOOL} limits`,
      target: "1",
      value: reads.toFixed(3),
      verdict: verdictOf(reads, { atMost: 1.02 }),
      note: "round trips: times that Redis read from a connection; its own checks and a few of ours are counted too",
    },
  ];
}

/** Number of times Redis has read from its connections. */
function statisticsOf(redis: RedisServer): { readonly reads: number } {
  const reads = Number(/total_reads_processed:(\d+)/.exec(redis.cli("info", "stats"))?.[1]);
  if (Number.isNaN(reads)) throw new Error("redis-server: does not say how often it read; take 6.2 or later");
  return { reads };
}
