/** The freeze file: a YAML or JSON list of the calls that an operator has stopped. */

import * as z from "zod";
import { checkShape, type ShapeProblem } from "../check-shape.ts";
import { parseYaml } from "../parse-yaml.ts";
import { openWatchedFile, type FileReading, type OpenedFile } from "./watched-file.ts";

/** One entry; without agent and tool it stops every call. */
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
    agent: text.exactOptional(),
    tool: text.exactOptional(),
    reason: text.exactOptional(),
    by: text.exactOptional(),
    until: z
      .string()
      .refine((value) => Number.isFinite(Date.parse(value)), "must be a time, as in 2030-01-31T12:00:00Z")
      .optional(),
  })
  .transform(({ until, ...entry }): FrozenEntry => ({
    ...entry,
    ...(until !== undefined && { untilMs: Date.parse(until) }),
  }));

const FILE_SHAPE = z.array(ENTRY).max(MAX_ENTRIES, `must have at most ${MAX_ENTRIES} entries`);

export function openFreezeFile(path: string): OpenedFile<readonly FrozenEntry[]> {
  return openWatchedFile({
    paths: [path],
    parse: (bytes) => parseFreezeFile(path, bytes ?? Buffer.alloc(0)),
  });
}

// Security: unknown keys are errors. A misspelt `agent` would freeze every agent, and a misspelt `until` would never end.
/** The entries of a file, or every problem with its place; an empty list stops no call. */
export function parseFreezeFile(path: string, bytes: Buffer): FileReading<readonly FrozenEntry[]> {
  const { document, problems } = parseYaml(bytes.toString("utf8"));
  const [fault] = problems;
  if (fault !== undefined) return { ok: false, problems: [`${path}: is not YAML: ${fault}`] };
  const checked = checkShape(FILE_SHAPE, document.toJS() ?? undefined);
  if (checked.ok) return checked;
  return { ok: false, problems: checked.problems.map((problem) => freezeProblem(path, problem)) };
}

function freezeProblem(file: string, { path, message, unknownKeys, isOtherType }: ShapeProblem): string {
  const [index, ...names] = path;
  if (index === undefined && isOtherType)
    return `${file}: must be a list such as [{ agent: NAME, tool: NAME, until: TIME }], or [] for nothing`;
  const where = index === undefined ? file : `${file}: ${[`[${index}]`, ...names].join(".")}`;
  return `${where}: ${message}${unknownKeys === undefined || message.includes(KNOWN) ? "" : KNOWN}`;
}

/** Stands after a near name too. */
const KNOWN = "; known are agent, tool, reason, by and until";
