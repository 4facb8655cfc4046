/** Closed loop at full load: calls per second and CPU per call against the empty proxy, nginx and the SDK proxy. */

import { type ClosedLoop, closedLoop } from "../load/closed-loop.ts";
import { SMALL_CALL } from "../load/request.ts";
import { startNginx } from "../subjects/nginx.ts";
import { startPassThrough, startSdkProxy } from "../subjects/node-programs.ts";
import { startTollgate } from "../subjects/tollgate.ts";
import { checkResponses } from "./check-responses.ts";
import { measureInTurns, figuresOfSubject, withSubjects } from "./in-turns.ts";
import { type Bound, type Measurement, pairedRatio, ratioRow, type Row } from "./row.ts";
import { median } from "../median.ts";

const CONNECTIONS = 32;

export const FULL_LOAD: Measurement = {
  name: "full-load",
  measures: "closed loop: calls/s and CPU per call",
  run: (testbed) =>
    withSubjects(
      testbed,
      [startPassThrough, (on) => startNginx(on), startSdkProxy, (on) => startTollgate(on)],
      async (subjects) => {
        const { rounds, seconds, warmUpSeconds } = testbed.effort;
        const load = { message: SMALL_CALL, connections: CONNECTIONS };
        await checkResponses(subjects, SMALL_CALL);
        for (const subject of subjects)
          await closedLoop(testbed, subject, { ...load, seconds: warmUpSeconds });
        const measure = (subject: (typeof subjects)[number]) =>
          closedLoop(testbed, subject, { ...load, seconds });
        const figures = await measureInTurns({ subjects, rounds, measure });
        await checkResponses(subjects, SMALL_CALL);
        return rowsOf(figures);
      },
    ),
};

type Figures = ReadonlyMap<string, readonly ClosedLoop[]>;

function rowsOf(figures: Figures): readonly Row[] {
  const against = (name: "callsPerSecond" | "cpuUsPerCall", peer: string) => ({
    rounds: [
      ["tollgate", figuresOfSubject(figures, "tollgate", name)],
      [peer, figuresOfSubject(figures, peer, name)],
    ] as const,
    unit: name === "callsPerSecond" ? "calls/s" : "us",
    note: noteOf(figures),
  });
  const row = (figure: string, bound: Bound, compared: ReturnType<typeof against>) =>
    ratioRow({ figure, bound, ...compared });
  return [
    row("calls/s against bare node:http", { atLeast: 1 }, against("callsPerSecond", "pass-through")),
    row("CPU per call against nginx, full load", { atMost: 3.4 }, against("cpuUsPerCall", "nginx")),
    row("calls/s against the SDK back to back", { atLeast: 12 }, against("callsPerSecond", "sdk-proxy")),
    row("CPU per call against the SDK back to back", { atMost: 0.1 }, against("cpuUsPerCall", "sdk-proxy")),
  ];
}

function noteOf(figures: Figures): string {
  const cpu = (name: string): readonly number[] => figuresOfSubject(figures, name, "cpuUsPerCall");
  const byCpu = pairedRatio(cpu("pass-through"), cpu("tollgate")).toFixed(3);
  const shares = [...figures.keys()].map(
    (name) => `${name} ${median(figuresOfSubject(figures, name, "busy")).toFixed(2)}`,
  );
  return `full load: calls per second of processor against bare node:http ${byCpu}; share of its core that each used: ${shares.join(", ")}`;
}
