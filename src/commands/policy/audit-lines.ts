/** Reads the recorded calls of an audit log, in the order in which the calls arrived. */

import type { Writable } from "node:stream";
import * as z from "zod";
import { type Category, CATEGORIES } from "../../policy/category/category.ts";
import { EFFECTS, REASONS, type Reason } from "../../policy/mode.ts";
import { type Outcome, OUTCOMES } from "../../mcp/vocabulary.ts";
import { readLines } from "../audit/read-lines.ts";
import { pluralizeMany, withProgress } from "../cli/progress.ts";

/** One decided call of the log. */
export interface RecordedCall {
  readonly atMs: number;
  readonly agent: string;
  /** The agent that limits count: `anonymous` unless authenticated. */
  readonly principal: string;
  readonly user?: string;
  readonly source?: string;
  readonly address?: string;
  readonly session?: string;
  /** Absent for other methods than tools/call. */
  readonly tool?: string;
  readonly method: string;
  readonly category: Category;
  readonly recordedEffect: "allow" | "deny";
  readonly reason?: Reason;
  /** Top-level argument names; absent when the record was truncated. */
  readonly argumentNames?: ReadonlySet<string>;
  readonly isApproved: boolean;
  /** Whether the log says that the arguments did not fit the tool's schema, or could not be checked. */
  readonly isMisfit: boolean;
  /** How a call that was sent has ended, and the bytes of its answer. */
  readonly outcome?: Outcome;
  readonly resultBytes?: number;
}

export interface AuditLog {
  readonly calls: readonly RecordedCall[];
  /** Number of lines that are no records. */
  readonly unreadable: number;
  /** Number of records without a decision of a policy. */
  readonly withoutDecision: number;
}

const AUDIT_LINE = z.looseObject({
  time: z.iso.datetime(),
  agent: z
    .looseObject({
      name: z.string(),
      source: z.string().default("none"),
      verified: z.boolean().default(false),
    })
    .optional(),
  user: z.string().optional(),
  address: z.string().optional(),
  session: z.string().optional(),
  method: z.string().optional(),
  tool: z.string().optional(),
  category: z.enum(CATEGORIES).default("unknown"),
  effect: z.enum(EFFECTS).optional(),
  reason: z.enum(REASONS).optional(),
  args: z.looseObject({ keys: z.array(z.string()) }).optional(),
  arguments_check: z.looseObject({}).optional(),
  approval: z.string().optional(),
  upstream: z.looseObject({ outcome: z.enum(OUTCOMES), result_bytes: z.number().optional() }).optional(),
  refusal: z.unknown().optional(),
});

type AuditLine = z.infer<typeof AUDIT_LINE>;

/** Reads a log, or stdin for `-`; shows its progress on a terminal. @throws Error of node:fs or node:zlib when the log cannot be read. */
export async function readAuditLog(file: string, stderr: Writable): Promise<AuditLog> {
  const calls: RecordedCall[] = [];
  let unreadable = 0;
  let withoutDecision = 0;
  const read = (text: string): void => {
    const line = parseAuditLine(text);
    const call = line && toRecordedCall(line);
    if (line === undefined) unreadable += 1;
    else if (call === undefined) withoutDecision += 1;
    else calls.push(call);
  };
  await withProgress(
    stderr,
    () => `reading, ${pluralizeMany(calls.length + unreadable + withoutDecision, "record")}`,
    () => readLines(file, process.stdin, { line: read, tooLong: () => (unreadable += 1) }),
  );
  // Denied calls are logged at once, others when they end, so lines are not in the order of calls.
  return {
    calls: calls.toSorted((one, other) => one.atMs - other.atMs),
    unreadable,
    withoutDecision,
  };
}

/** The call of one record; undefined for another value, and for a record without a decision of a policy. */
export function recordedCallOf(record: unknown): RecordedCall | undefined {
  const line = AUDIT_LINE.safeParse(record).data;
  return line && toRecordedCall(line);
}

function parseAuditLine(text: string): AuditLine | undefined {
  try {
    const line = AUDIT_LINE.safeParse(JSON.parse(text));
    return line.success ? line.data : undefined;
  } catch {
    return undefined;
  }
}

function toRecordedCall(line: AuditLine): RecordedCall | undefined {
  const { agent, user, address, session, tool, method, effect, reason } = line;
  if (effect === undefined || method === undefined || line.refusal !== undefined) return undefined;
  const names = line.args?.keys;
  return {
    atMs: Date.parse(line.time),
    agent: agent?.name ?? "anonymous",
    principal: agent?.verified === true ? agent.name : "anonymous",
    ...(agent?.verified === true && { source: agent.source }),
    ...(user !== undefined && { user }),
    ...(address !== undefined && { address }),
    method,
    category: line.category,
    recordedEffect: effect === "deny" || effect === "ask" ? "deny" : "allow",
    isMisfit: line.arguments_check !== undefined,
    ...(line.upstream && { outcome: line.upstream.outcome, resultBytes: line.upstream.result_bytes ?? 0 }),
    isApproved: effect === "allow" && line.approval !== undefined,
    ...(session !== undefined && { session }),
    ...(tool !== undefined && { tool }),
    ...(reason !== undefined && { reason }),
    ...(names !== undefined && isComplete(names) && { argumentNames: new Set(names) }),
  };
}

/** The log truncates long names and long lists of names. */
const MAX_NAMES = 64;
const MAX_NAME_LENGTH = 256;

function isComplete(names: readonly string[]): boolean {
  return names.length < MAX_NAMES && names.every((name) => name.length < MAX_NAME_LENGTH);
}
