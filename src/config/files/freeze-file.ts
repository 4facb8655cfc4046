/** The freeze file: a YAML or JSON list of what an operator has stopped. */

import * as z from "zod";
import { parseDocument } from "yaml";
import { openWatchedFile, type FileReading, type OpenedFile } from "./watched-file.ts";

/** What is stopped; without agent and tool, every call. */
export interface FrozenEntry {
  readonly agent?: string;
  readonly tool?: string;
  readonly reason?: string;
  readonly by?: string;
  /** Milliseconds since the epoch. */
  readonly untilMs?: number;
}

const MAX_ENTRIES = 10_000;
const text = z.string().min(1).max(256);

const ENTRY = z
  .strictObject({
    agent: text.optional(),
    tool: text.optional(),
    reason: text.optional(),
    by: text.optional(),
    until: z
      .string()
      .refine((value) => Number.isFinite(Date.parse(value)), "must be a time, as in 2030-01-31T12:00:00Z")
      .optional(),
  })
  .transform(({ agent, tool, reason, by, until }): FrozenEntry => ({
    ...(agent !== undefined && { agent }),
    ...(tool !== undefined && { tool }),
    ...(reason !== undefined && { reason }),
    ...(by !== undefined && { by }),
    ...(until !== undefined && { untilMs: Date.parse(until) }),
  }));

const FILE_SHAPE = z.array(ENTRY).max(MAX_ENTRIES, `must have at most ${MAX_ENTRIES} entries`);

export function openFreezeFile(path: string): OpenedFile<readonly FrozenEntry[]> {
  return openWatchedFile({
    paths: [path],
    parse: (bytes) => parseFreezeFile(path, bytes ?? Buffer.alloc(0)),
  });
}

// Security: a misspelt `agent` would stop everybody, and a misspelt `until` for ever: unknown keys are errors.
/** What the bytes say, or every problem with its place; an empty list stops nothing. */
export function parseFreezeFile(path: string, bytes: Buffer): FileReading<readonly FrozenEntry[]> {
  const document = parseDocument(bytes.toString("utf8"), { uniqueKeys: true, prettyErrors: false });
  const [fault] = document.errors;
  if (fault !== undefined)
    return { ok: false, problems: [`${path}: is not YAML: ${lowerCase(fault.message)}`] };
  const parsed = FILE_SHAPE.safeParse(document.toJS() ?? undefined);
  if (parsed.success) return { ok: true, value: parsed.data };
  return { ok: false, problems: parsed.error.issues.map((issue) => describe(path, issue)) };
}

function describe(path: string, issue: z.core.$ZodIssue): string {
  const [index, ...rest] = issue.path.map(String);
  if (index === undefined && issue.code === "invalid_type")
    return `${path}: must be a list such as [{ agent: NAME, tool: NAME, until: TIME }], or [] for nothing`;
  const where = [path, ...(index === undefined ? [] : [[`[${index}]`, ...rest].join(".")])].join(": ");
  if (issue.code === "unrecognized_keys")
    return `${where}: unknown: ${issue.keys.join(", ")}; known are agent, tool, reason, by and until`;
  return `${where}: ${lowerCase(issue.message)}`;
}

function lowerCase(message: string): string {
  return (message.charAt(0).toLowerCase() + message.slice(1)).replace(/\.$/, "");
}
