/** Recorded calls: the audit log's lines, in the order in which the calls came. */

import * as z from "zod";
import { type Category, CATEGORIES } from "../../policy/category/category.ts";
import { EFFECTS, REASONS, type Reason } from "../../policy/mode.ts";
import { readLines } from "../audit/read-lines.ts";

export interface RecordedCall {
  readonly atMs: number;
  readonly agent: string;
  /** The name that limits hang on. */
  readonly principal: string;
  readonly session?: string;
  /** Absent for another method than tools/call. */
  readonly tool?: string;
  readonly method: string;
  readonly category: Category;
  readonly was: "allow" | "deny";
  readonly reason?: Reason;
  /** Top-level names of the arguments; absent when the record does not have all of them. */
  readonly argumentNames?: ReadonlySet<string>;
  readonly isApproved: boolean;
}

export interface AuditLog {
  readonly calls: readonly RecordedCall[];
  /** Lines that are no records. */
  readonly unreadable: number;
  /** Messages and calls that no policy was asked about. */
  readonly unjudged: number;
}

const LINE = z.looseObject({
  time: z.iso.datetime(),
  agent: z.looseObject({ name: z.string(), verified: z.boolean().default(false) }).optional(),
  session: z.string().optional(),
  method: z.string().optional(),
  tool: z.string().optional(),
  category: z.enum(CATEGORIES).default("unknown"),
  effect: z.enum(EFFECTS).optional(),
  reason: z.enum(REASONS).optional(),
  args: z.looseObject({ keys: z.array(z.string()) }).optional(),
  approval: z.string().optional(),
  refusal: z.unknown().optional(),
});

type Line = z.infer<typeof LINE>;

/** Reads a log line by line, or standard input for `-`. @throws Error of node:fs or node:zlib when it cannot be read. */
export async function readAuditLog(file: string): Promise<AuditLog> {
  const calls: RecordedCall[] = [];
  let unreadable = 0;
  let unjudged = 0;
  const read = (text: string): void => {
    const line = readLine(text);
    const call = line && toCall(line);
    if (line === undefined) unreadable += 1;
    else if (call === undefined) unjudged += 1;
    else calls.push(call);
  };
  await readLines(file, process.stdin, { line: read, tooLong: () => (unreadable += 1) });
  // A denied call is written at once, another one when it has ended: lines are not in the order of calls.
  return { calls: calls.toSorted((one, other) => one.atMs - other.atMs), unreadable, unjudged };
}

function readLine(text: string): Line | undefined {
  try {
    const line = LINE.safeParse(JSON.parse(text));
    return line.success ? line.data : undefined;
  } catch {
    return undefined;
  }
}

function toCall(line: Line): RecordedCall | undefined {
  const { agent, session, tool, method, effect, reason } = line;
  if (effect === undefined || method === undefined || line.refusal !== undefined) return undefined;
  const names = line.args?.keys;
  return {
    atMs: Date.parse(line.time),
    agent: agent?.name ?? "anonymous",
    principal: agent?.verified === true ? agent.name : "anonymous",
    method,
    category: line.category,
    was: effect === "deny" || effect === "ask" ? "deny" : "allow",
    isApproved: effect === "allow" && line.approval !== undefined,
    ...(session !== undefined && { session }),
    ...(tool !== undefined && { tool }),
    ...(reason !== undefined && { reason }),
    ...(names !== undefined && isWhole(names) && { argumentNames: new Set(names) }),
  };
}

/** The log cuts long names, and long lists of them. */
const MOST_NAMES = 64;
const LONGEST_NAME = 256;

function isWhole(names: readonly string[]): boolean {
  return names.length < MOST_NAMES && names.every((name) => name.length < LONGEST_NAME);
}
