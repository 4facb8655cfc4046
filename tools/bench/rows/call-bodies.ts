/** Calls with large arguments: CPU per call against the empty proxy, by the shape of the body and by whether a rule reads it. */

import { type ClosedLoop, closedLoop } from "../load/closed-loop.ts";
import { CALLED_TOOL, type Message } from "../load/request.ts";
import { startPassThrough } from "../subjects/node-programs.ts";
import { UNREAD_TOOL } from "../subjects/policy.ts";
import { startTollgate } from "../subjects/tollgate.ts";
import { figuresOfSubject, measureInTurns, withSubjects } from "./in-turns.ts";
import { type Measurement, ratioRow, type Row } from "./row.ts";

/** One call at a time, so that no call waits for another. */
const CONNECTIONS = 1;
/** A call takes some milliseconds, and a busy machine must still end some. */
const MIN_SECONDS = 3;

/** 670 KB: 10,000 small objects. */
const ROWS = Array.from({ length: 10_000 }, (_, index) => ({
  id: index,
  name: `sample-${index}`,
  state: "ready",
  size: index * 17,
  isNew: index % 2 === 0,
}));
/** 1 MB in lines. */
const TEXT = "2026-01-31T12:00:00Z job 4711 step 12: 1024 records read, 1019 written\n".repeat(14_000);

interface Body {
  readonly figure: string;
  readonly atMost: number;
  readonly message: Message;
}

const BODIES: readonly Body[] = [
  {
    figure: "670 KB of rows that no rule reads",
    atMost: 2,
    message: callOf(UNREAD_TOOL, { resource: "log", rows: ROWS }),
  },
  {
    figure: "670 KB of rows beside a text that a rule reads",
    atMost: 4,
    message: callOf(CALLED_TOOL, { resource: "log", rows: ROWS }),
  },
  {
    figure: "1 MB of text that no rule reads",
    atMost: 1.5,
    message: callOf(UNREAD_TOOL, { resource: "log", text: TEXT }),
  },
];

export const CALL_BODIES: Measurement = {
  name: "call-bodies",
  measures: "large arguments: CPU per call",
  run: (testbed) =>
    withSubjects(testbed, [startPassThrough, (on) => startTollgate(on)], async (subjects) => {
      const { rounds, warmUpSeconds } = testbed.effort;
      const seconds = Math.max(MIN_SECONDS, testbed.effort.seconds);
      const rows: Row[] = [];
      for (const { figure, atMost, message } of BODIES) {
        const load = { message, connections: CONNECTIONS };
        for (const subject of subjects)
          await closedLoop(testbed, subject, { ...load, seconds: warmUpSeconds });
        const measure = (subject: (typeof subjects)[number]) =>
          closedLoop(testbed, subject, { ...load, seconds });
        rows.push(rowOf(figure, atMost, await measureInTurns({ subjects, rounds, measure })));
      }
      return rows;
    }),
};

function rowOf(figure: string, atMost: number, figures: ReadonlyMap<string, readonly ClosedLoop[]>): Row {
  const cpu = (name: string) => [name, figuresOfSubject(figures, name, "cpuUsPerCall")] as const;
  return ratioRow({
    figure: `CPU of a call with ${figure}, against bare node:http`,
    bound: { atMost },
    rounds: [cpu("tollgate"), cpu("pass-through")],
    unit: "us",
  });
}

function callOf(name: string, args: object): Message {
  return { method: "tools/call", params: { name, arguments: args } };
}
