/** tools/list of 805 tools, five of them hidden: calls per second against the empty proxy, which hides nothing. */

import { closedLoop } from "../load/closed-loop.ts";
import { LIST_TOOLS } from "../load/request.ts";
import { startPassThrough } from "../subjects/node-programs.ts";
import { startTollgate } from "../subjects/tollgate.ts";
import { checkAnswers } from "./check-answers.ts";
import { inTurns, of, withSubjects } from "./in-turns.ts";
import { type Measurement, ratioRow } from "./row.ts";

const CONNECTIONS = 8;

export const LIST: Measurement = {
  name: "list-tools",
  measures: "tools/list of 805 tools against the empty proxy",
  run: (stage) =>
    withSubjects(stage, [startPassThrough, (on) => startTollgate(on)], async (subjects) => {
      const { rounds, seconds, warmUpSeconds } = stage.effort;
      const load = { message: LIST_TOOLS, connections: CONNECTIONS };
      await checkAnswers(subjects, LIST_TOOLS);
      for (const subject of subjects) await closedLoop(stage, subject, { ...load, seconds: warmUpSeconds });
      const figures = await inTurns({
        subjects,
        rounds,
        measure: (subject) => closedLoop(stage, subject, { ...load, seconds }),
      });
      return [
        ratioRow({
          figure: "tools/list of 805 tools against bare node:http",
          bound: { atLeast: 0.8 },
          rounds: [
            ["tollgate", of(figures, "tollgate", "callsPerSecond")],
            ["pass-through", of(figures, "pass-through", "callsPerSecond")],
          ],
          unit: "calls/s",
        }),
      ];
    }),
};
