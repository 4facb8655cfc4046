/** tools/list of 805 tools, five of them hidden: calls per second against the empty proxy, which hides none. */

import { closedLoop } from "../load/closed-loop.ts";
import { LIST_TOOLS } from "../load/request.ts";
import { startPassThrough } from "../subjects/node-programs.ts";
import { startTollgate } from "../subjects/tollgate.ts";
import { checkResponses } from "./check-responses.ts";
import { measureInTurns, figuresOfSubject, withSubjects } from "./in-turns.ts";
import { type Measurement, ratioRow } from "./row.ts";

const CONNECTIONS = 8;

export const LIST: Measurement = {
  name: "list-tools",
  measures: "tools/list of 805 tools against the empty proxy",
  run: (testbed) =>
    withSubjects(testbed, [startPassThrough, (on) => startTollgate(on)], async (subjects) => {
      const { rounds, seconds, warmUpSeconds } = testbed.effort;
      const load = { message: LIST_TOOLS, connections: CONNECTIONS };
      await checkResponses(subjects, LIST_TOOLS);
      for (const subject of subjects) await closedLoop(testbed, subject, { ...load, seconds: warmUpSeconds });
      const figures = await measureInTurns({
        subjects,
        rounds,
        measure: (subject) => closedLoop(testbed, subject, { ...load, seconds }),
      });
      return [
        ratioRow({
          figure: "tools/list of 805 tools against bare node:http",
          bound: { atLeast: 0.8 },
          rounds: [
            ["tollgate", figuresOfSubject(figures, "tollgate", "callsPerSecond")],
            ["pass-through", figuresOfSubject(figures, "pass-through", "callsPerSecond")],
          ],
          unit: "calls/s",
        }),
        ratioRow({
          figure: "tools/list of 805 tools that is known: CPU of a call against bare node:http",
          bound: { atMost: 1.1 },
          rounds: [
            ["tollgate", figuresOfSubject(figures, "tollgate", "cpuUsPerCall")],
            ["pass-through", figuresOfSubject(figures, "pass-through", "cpuUsPerCall")],
          ],
          unit: "us",
        }),
      ];
    }),
};
