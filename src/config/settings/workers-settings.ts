/** The setting `workers`, and the settings that cannot stand beside it. */

import * as z from "zod";

const MAX_WORKERS = 64;
const COUNT = /^[1-9]\d?$/;

/** A flag gives a text. */
export const WORKERS_SHAPE = z
  .union([z.number().int().min(1).max(MAX_WORKERS), z.string().regex(COUNT).transform(Number)], {
    error: ({ input }) => `must be a whole number from 1 to ${MAX_WORKERS}, got ${JSON.stringify(input)}`,
  })
  .refine((count) => count <= MAX_WORKERS, { error: `must be a whole number from 1 to ${MAX_WORKERS}` })
  .default(1);

interface Checked {
  readonly workers: number;
  readonly upstream?: unknown;
  readonly "upstream-transport"?: string | undefined;
  readonly "serve-sse": unknown;
  readonly "replica-address"?: unknown;
  readonly approvals: { readonly state?: string | undefined };
  readonly limits: { readonly store?: unknown };
}

// Fail closed: each of these keeps its state in the process that serves.
/** Why several workers cannot serve these settings; `origin` is the flag or variable of `workers`. */
export function workersProblems(
  { workers, upstream, "serve-sse": servesSse, approvals, limits, ...checked }: Checked,
  origin = "workers",
): string[] {
  if (workers === 1) return [];
  const refuse = (reason: string): string => `${origin}: must be 1 ${reason}`;
  return [
    ...(upstream === undefined
      ? [refuse("for a server behind -- COMMAND, whose processes belong to one worker")]
      : []),
    ...(checked["upstream-transport"] === "sse"
      ? [refuse("for upstream-transport sse, whose sessions belong to one connection")]
      : []),
    ...(String(servesSse) === "true"
      ? [refuse("with serve-sse, whose sessions belong to one connection")]
      : []),
    ...(checked["replica-address"] === undefined
      ? []
      : [refuse("with replica-address, which names one process")]),
    ...(approvals.state !== undefined && limits.store === undefined
      ? [
          refuse(
            "with approvals.state; keep approvals in a store with --limits redis://HOST, or leave the file out",
          ),
        ]
      : []),
  ];
}
