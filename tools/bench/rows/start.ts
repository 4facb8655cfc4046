/** Time to ready, and idle memory: Tollgate without traces, with the flags of this benchmark. */

import { startOnce } from "../start-once.ts";
import { BUILT_MAIN, NODE_FLAGS } from "../testbed.ts";
import { type Measurement, verdictOf } from "./row.ts";
import { median } from "../median.ts";

export const START: Measurement = {
  name: "start",
  measures: "start to ready, and memory when idle",
  run: async (testbed) => {
    const command = testbed.onSubjectCore([process.execPath, ...NODE_FLAGS, BUILT_MAIN]);
    // The first start of a build fills the compile cache.
    await startOnce(command, testbed.upstreamPort);
    const readyMs: number[] = [];
    const idleMb: number[] = [];
    for (let round = 0; round < testbed.effort.rounds; round += 1) {
      const start = await startOnce(command, testbed.upstreamPort);
      readyMs.push(start.readyMs);
      idleMb.push(start.idleMb);
    }
    return [
      {
        figure: "start to ready, without traces",
        target: "< 400 ms",
        value: `${median(readyMs).toFixed(0)} ms`,
        verdict: verdictOf(median(readyMs), { atMost: 400 }),
        rounds: { tollgate: readyMs },
      },
      {
        figure: "memory when idle, without traces",
        target: "< 90 MB",
        value: `${median(idleMb).toFixed(1)} MB`,
        verdict: verdictOf(median(idleMb), { atMost: 90 }),
        rounds: { tollgate: idleMb },
      },
    ];
  },
};
