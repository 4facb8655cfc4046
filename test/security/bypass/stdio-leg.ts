/** The corpus against one kind of stdio server, as lines: the plain calls directly, then everything through the wrap. */

import { resolve } from "node:path";

import { kindOf } from "../../e2e/bypass/answer-kind.ts";
import { AuditTail, type AuditRecord } from "../audit-tail.ts";
import { isForbidden } from "../servers/execution.ts";
import { Record, type StdioKind } from "../servers/upstreams.ts";
import type { Toolchain } from "../toolchain.ts";
import { type Judged, type LegResult, Tally } from "./leg.ts";
import { LineClient } from "./line-client.ts";
import type { Leg } from "./http-leg.ts";
import type { Family, Vector } from "./vector.ts";

const MAIN = resolve(import.meta.dirname, "../../../src/main.ts");

export async function runStdioLeg(kind: StdioKind, toolchain: Toolchain, leg: Leg): Promise<LegResult> {
  const command = kind.command(toolchain);
  const tally = new Tally(kind.name, await direct(command, leg.control));
  const record = new Record();
  const audit = new AuditTail(leg.policy);
  const client = new LineClient(wrapped(command, audit), { RECORD_FILE: record.file });
  await client.initialize();
  audit.next();
  for (const [index, vector] of leg.corpus.entries()) {
    const before = forbiddenOf(record);
    const answers = await client.send(withOwnId(vector, index));
    tally.add(vector, judgeLines(vector, answers, audit.next()), forbiddenOf(record) - before);
  }
  await client.end();
  tally.end(forbiddenOf(record), audit.next());
  record.remove();
  audit.remove();
  return tally.result();
}

function wrapped(command: readonly string[], audit: AuditTail): string[] {
  const files = ["--policy", audit.policyFile, "--audit", audit.file];
  const flags = [...files, "--admin", "127.0.0.1:0", "--log-level", "error"];
  return [process.execPath, MAIN, ...flags, "--", ...command];
}

async function direct(command: readonly string[], control: Family): Promise<number> {
  const record = new Record();
  const client = new LineClient(command, { RECORD_FILE: record.file });
  await client.initialize();
  let executed = 0;
  for (const [index, vector] of control.entries()) {
    const before = forbiddenOf(record);
    await client.send(withOwnId(vector, index));
    if (forbiddenOf(record) > before) executed += 1;
  }
  await client.end();
  record.remove();
  return executed;
}

/** Gives each vector its own id: all share one connection, where two open requests may not have the same id. */
function withOwnId({ body }: Vector, index: number): Buffer {
  return Buffer.from(body.toString("latin1").replace('"id":9,', `"id":${1000 + index},`), "latin1");
}

/** Expects one audit record and one response for each stopped line; an empty line is no message. */
function judgeLines(vector: Vector, answers: readonly string[], records: readonly AuditRecord[]): Judged {
  const lines = vector.body
    .toString("latin1")
    .split("\n")
    .filter((line) => line !== "").length;
  const denied = records.filter(({ effect }) => effect === "deny").length;
  const ours = answers.filter(isOurs).length;
  if (denied !== ours) return { isStopped: denied > 0, fault: `${denied} records of ${ours} stopped lines` };
  if (denied > lines) return { isStopped: true, fault: `${denied} records for ${lines} lines` };
  if (denied > 0 || vector.isHarmless === true || lines === 0) return { isStopped: denied > 0 };
  return { isStopped: false, fault: `passed, with ${records.length} records` };
}

function isOurs(text: string): boolean {
  return kindOf({ status: 400, text }) === "refused" || kindOf({ status: 200, text }) === "denied";
}

function forbiddenOf(record: Record): number {
  return record.read().filter(isForbidden).length;
}
