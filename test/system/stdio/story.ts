/** The audit records of a session, in short. */

import { readFileSync } from "node:fs";
import * as z from "zod";

const RECORD = z.looseObject({
  agent: z.looseObject({ name: z.string() }),
  tool: z.string(),
  category: z.string().optional(),
  effect: z.string(),
  reason: z.string().optional(),
  upstream: z.looseObject({ outcome: z.string() }).optional(),
});

export interface Told {
  readonly agent: string;
  readonly tool: string;
  readonly category: string | undefined;
  /** The outcome of the call upstream, or `denied`. */
  readonly outcome: string;
}

/** The tool calls of an audit log, oldest first. */
export function callsIn(file: string): Told[] {
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.includes(`"method":"tools/call"`));
  return lines.map((line) => {
    const { agent, tool, category, effect, upstream } = RECORD.parse(JSON.parse(line));
    const outcome = upstream?.outcome ?? (effect === "deny" ? "denied" : effect);
    return { agent: agent.name, tool, category, outcome };
  });
}

/** Prints one line for a session: the agent, and the number of calls for each tool, category and outcome. */
export function print(session: string, calls: readonly Told[]): void {
  const agents = [...new Set(calls.map(({ agent }) => agent))].join(" ");
  const counts = new Map<string, number>();
  for (const { tool, category, outcome } of calls) {
    const what = `${tool} ${category ?? "-"} ${outcome}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  const told = [...counts].map(([what, count]) => `${what} ${count}`).join(", ");
  console.log(`${session}: ${agents}: ${told}`);
}
