/** Reads the query of `/decisions`: filter, range of times, and page. */

import type { DecisionQuery } from "../telemetry/recent/decision-buffer.ts";
import { readDecisionFilter } from "../telemetry/recent/decision-filter.ts";

export type ReadQuery =
  | { readonly query: DecisionQuery; readonly problem?: undefined }
  | { readonly query?: undefined; readonly problem: string };

const MAX_DECISIONS = 1_000;
const DEFAULT_DECISIONS = 100;
const OWN_PARAMETERS = ["since", "until", "before", "limit"];
const ISO_TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;

export function readDecisionQuery(parameters: Readonly<Record<string, unknown>>): ReadQuery {
  const { filter, problem } = readDecisionFilter(parameters, OWN_PARAMETERS);
  if (filter === undefined) return { problem };
  const limit = Number(parameters["limit"] ?? DEFAULT_DECISIONS);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_DECISIONS)
    return { problem: `limit: must be a whole number from 1 to ${MAX_DECISIONS}` };
  const [sinceMs, untilMs] = [timeOf(parameters["since"]), timeOf(parameters["until"])];
  if (Number.isNaN(sinceMs) || Number.isNaN(untilMs)) {
    const name = Number.isNaN(sinceMs) ? "since" : "until";
    return { problem: `${name}: must be a date, or a date and time with its zone, as 2026-07-01T12:00:00Z` };
  }
  const before = parameters["before"] ?? "";
  if (typeof before !== "string") return { problem: "before: must come once" };
  return {
    query: {
      limit,
      filter,
      ...(sinceMs !== undefined && { sinceMs }),
      ...(untilMs !== undefined && { untilMs }),
      ...(before !== "" && { before }),
    },
  };
}

/** In milliseconds since the epoch; undefined when there is no time, NaN when it is none. */
function timeOf(value: unknown): number | undefined {
  if (value === undefined || value === "") return undefined;
  return typeof value === "string" && ISO_TIME.test(value) ? Date.parse(value) : Number.NaN;
}
