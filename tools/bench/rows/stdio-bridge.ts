/** A stdio server over HTTP: calls per second of Tollgate, with everything on, against supergateway and mcp-proxy. */

import { closedLoop } from "../load/closed-loop.ts";
import { SMALL_CALL } from "../load/request.ts";
import { installPeers, startMcpProxy, startSupergateway, startTollgateBridge } from "../subjects/bridges.ts";
import { checkResponses } from "./check-responses.ts";
import { measureInTurns, figuresOfSubject, withSubjects } from "./in-turns.ts";
import { type Measurement, ratioRow, type Row } from "./row.ts";

const CONNECTIONS = 16;

export const STDIO_BRIDGE: Measurement = {
  name: "stdio-bridge",
  measures: "a stdio server over HTTP against supergateway and mcp-proxy",
  run: (testbed) => {
    installPeers();
    const starts = [startSupergateway, startMcpProxy, startTollgateBridge];
    return withSubjects(testbed, starts, async (subjects) => {
      const { rounds, seconds, warmUpSeconds } = testbed.effort;
      const load = { message: SMALL_CALL, connections: CONNECTIONS };
      await checkResponses(subjects, SMALL_CALL);
      for (const subject of subjects) await closedLoop(testbed, subject, { ...load, seconds: warmUpSeconds });
      const measure = (subject: (typeof subjects)[number]) =>
        closedLoop(testbed, subject, { ...load, seconds });
      const figures = await measureInTurns({ subjects, rounds, measure });
      await checkResponses(subjects, SMALL_CALL);
      const speeds = (name: string) => figuresOfSubject(figures, name, "callsPerSecond");
      return ["supergateway", "mcp-proxy"].map((peer) => rowOf(peer, speeds("tollgate"), speeds(peer)));
    });
  },
};

function rowOf(peer: string, ours: readonly number[], theirs: readonly number[]): Row {
  return ratioRow({
    figure: `stdio bridge: calls/s against ${peer}`,
    bound: { atLeast: 10 },
    rounds: [
      ["tollgate", ours],
      [peer, theirs],
    ],
    unit: "calls/s",
  });
}
