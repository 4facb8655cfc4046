/** Bytes of each call that survive young collections and become old: what is kept of a call on the heap. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { closedLoop } from "../load/closed-loop.ts";
import { SMALL_CALL } from "../load/request.ts";
import { median } from "../median.ts";
import { startPassThrough } from "../subjects/node-programs.ts";
import type { Subject } from "../subjects/subject.ts";
import { startTollgate } from "../subjects/tollgate.ts";
import type { Testbed } from "../testbed.ts";
import { figuresOfSubject, measureInTurns, withSubjects } from "./in-turns.ts";
import { type Measurement, type Row, verdictOf } from "./row.ts";

const CONNECTIONS = 8;
const MOST_BYTES = 60;
/** Code that is still compiled, and caches that fill, promote what no later call does. */
const WARM_UP_ROUNDS = 2;

export const PROMOTED: Measurement = {
  name: "promoted",
  measures: "bytes promoted to the old generation per call",
  run: (testbed) =>
    withSubjects(
      testbed,
      [(on) => startPassThrough(tracing(on, "pass-through")), startUntraced],
      async (subjects) => {
        const { rounds, seconds, warmUpSeconds } = testbed.effort;
        const load = { message: SMALL_CALL, connections: CONNECTIONS };
        for (const subject of subjects)
          await closedLoop(testbed, subject, { ...load, seconds: warmUpSeconds * WARM_UP_ROUNDS });
        const measure = async (subject: Subject) => {
          const before = promotedBytes(testbed, subject.name);
          const { callsPerSecond } = await closedLoop(testbed, subject, { ...load, seconds });
          const promoted = promotedBytes(testbed, subject.name) - before;
          return { bytesPerCall: promoted / (callsPerSecond * seconds) };
        };
        const figures = await measureInTurns({ subjects, rounds, measure });
        return [rowOf(figures)];
      },
    ),
};

/** Spans wait on the heap until they are exported, so calls are not traced. */
function startUntraced(testbed: Testbed): Promise<Subject> {
  return startTollgate(tracing(testbed, "tollgate"), { hasTraces: false });
}

function rowOf(figures: ReadonlyMap<string, readonly { readonly bytesPerCall: number }[]>): Row {
  const [ours, theirs] = ["tollgate", "pass-through"].map((name) =>
    figuresOfSubject(figures, name, "bytesPerCall"),
  );
  const bytes = median(ours ?? []);
  return {
    figure: "bytes promoted to the old generation per call",
    target: `<= ${MOST_BYTES}`,
    value: `${bytes.toFixed(0)} B`,
    verdict: verdictOf(bytes, { atMost: MOST_BYTES }),
    note: `promoted per call: the empty proxy ${median(theirs ?? []).toFixed(0)} B`,
    rounds: { tollgate: ours ?? [], "pass-through": theirs ?? [] },
  };
}

/** Starts subjects whose collections are written to a file. */
function tracing(testbed: Testbed, name: string): Testbed {
  const onSubjectCore = ([program = "", ...args]: readonly string[]): readonly string[] => {
    const traced = testbed.onSubjectCore([program, "--trace-gc-nvp", ...args]);
    return ["sh", "-c", 'exec "$@" >"$0"', traceFile(testbed, name), ...traced];
  };
  return { ...testbed, onSubjectCore };
}

function traceFile({ folder }: Testbed, name: string): string {
  return join(folder, `${name}.collections`);
}

function promotedBytes(testbed: Testbed, name: string): number {
  const found = readFileSync(traceFile(testbed, name), "utf8").matchAll(/"gc":"s".*?"promoted":(\d+)/g);
  return found.reduce((sum, [, bytes]) => sum + Number(bytes), 0);
}
