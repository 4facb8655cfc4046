/** Limits, their windows and their charges. */

import type { AnswerSource } from "./answers/answer-source.ts";
import type { Mode } from "./mode.ts";
import { LOCAL_UNITS, type LocalUnit, type TimeZone } from "./time/time-zone.ts";

/**
 * The calls that share a counter. `agent+user` is each user of each agent, `agent+tool` each agent for each tool, and `arguments`
 * each call of one agent with the same tool and arguments.
 */
export const SCOPES = [
  "agent",
  "user",
  "agent+user",
  "session",
  "server",
  "tool",
  "agent+tool",
  "arguments",
] as const;
export type Scope = (typeof SCOPES)[number];
export type Algorithm = "aligned" | "sliding";

export interface Limit {
  /** Identifies the counter across reloads: entry, name, window, scope and algorithm, but not `max` or messages. */
  readonly id: string;
  readonly counter: string;
  /** Rule pointer: `/tools/create_charge/limits/calls-per-minute`. */
  readonly rule: string;
  readonly window: LimitWindow;
  readonly max: number;
  readonly scope: Scope;
  readonly algorithm: Algorithm;
  /** `calls`: one for each call. `amounts`: the value of `increment` or `increment_from`. `in_flight`: calls that have not ended. `pause`: whether failures have opened its pause. */
  readonly measures: "calls" | "amounts" | "in_flight" | "pause";
  /** The part of the answer that it counts when the call has ended: it refuses the calls after the one that reaches `max`. Absent: it counts the call. */
  readonly answer?: AnswerSource;
  /** A call that failed is not counted. */
  readonly isRefundedOnError?: boolean;
  /** Of a pause: the count of failures that opens it. */
  readonly opener?: Limit;
  /** In shadow mode, a full limit lets the call pass. */
  readonly mode: Mode;
  readonly message?: string;
}

/**
 * `local` follows the wall clock of a zone. The others are aligned to UTC: the calendar month, or a length in milliseconds aligned to the epoch and then moved by `offsetMs`.
 * `in_flight` has no time: a charge counts until its call ends.
 */
export type LimitWindow =
  | { readonly unit: "in_flight" }
  | { readonly unit: "month" }
  | { readonly unit: "local"; readonly name: LocalUnit; readonly zone: TimeZone }
  | { readonly unit: "fixed"; readonly lengthMs: number; readonly offsetMs: number };

/** The amount that one call adds to one limit. */
export interface Charge {
  readonly limit: Limit;
  /** The agent, the user, the session, the tool, or what else the scope counts by; empty for the whole server. */
  readonly key: string;
  readonly amount: number;
}

/** The state of a charge's counter at one moment. */
export interface Usage {
  readonly used: number;
  /** Milliseconds until the charge could fit: the end of the aligned window. */
  readonly retryAfterMs: number;
}

/** Reads a counter at the moment of the decision. The enforcement point supplies it, so policy has no clock. */
export type ReadUsage = (charge: Charge) => Usage;

export const WINDOW_NAMES = ["second", "minute", "hour", "day", "week", "month", "concurrent"] as const;
export type WindowName = (typeof WINDOW_NAMES)[number];

/** How soon a call that found its limit of calls in flight full may try again: nothing says when one of them ends. */
export const IN_FLIGHT_RETRY_MS = 1_000;

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** 1970-01-01 was a Thursday; the first Monday came four days later. */
const MONDAY_OFFSET_MS = 4 * DAY_MS;

const NAMED_WINDOWS: Readonly<Record<WindowName, LimitWindow>> = {
  second: { unit: "fixed", lengthMs: SECOND_MS, offsetMs: 0 },
  minute: { unit: "fixed", lengthMs: MINUTE_MS, offsetMs: 0 },
  hour: { unit: "fixed", lengthMs: HOUR_MS, offsetMs: 0 },
  day: { unit: "fixed", lengthMs: DAY_MS, offsetMs: 0 },
  week: { unit: "fixed", lengthMs: 7 * DAY_MS, offsetMs: MONDAY_OFFSET_MS },
  month: { unit: "month" },
  concurrent: { unit: "in_flight" },
};

/** A sliding month has 31 days, so that the limit holds in every month. */
const SLIDING_MONTH: LimitWindow = { unit: "fixed", lengthMs: 31 * DAY_MS, offsetMs: 0 };

/** The local unit of an aligned window; undefined for windows that are the same in each zone. */
export function localUnitOf(window: WindowName | number, algorithm: Algorithm): LocalUnit | undefined {
  return algorithm === "aligned" ? LOCAL_UNITS.find((unit) => unit === window) : undefined;
}

/** Returns the window for a name or a number of seconds, in `zone` where one is given. Weeks begin on Monday. */
export function windowOf(window: WindowName | number, algorithm: Algorithm, zone?: TimeZone): LimitWindow {
  const name = localUnitOf(window, algorithm);
  if (zone !== undefined && name !== undefined) return { unit: "local", name, zone };
  if (typeof window === "number") return { unit: "fixed", lengthMs: window * SECOND_MS, offsetMs: 0 };
  return window === "month" && algorithm === "sliding" ? SLIDING_MONTH : NAMED_WINDOWS[window];
}

/** Returns the aligned window around `nowMs`, in milliseconds since the epoch; `endMs` is exclusive. */
export function windowAt(
  window: LimitWindow,
  nowMs: number,
): { readonly startMs: number; readonly endMs: number } {
  if (window.unit === "month") return monthAt(nowMs);
  if (window.unit === "local") return window.zone.spanAt(window.name, nowMs);
  if (window.unit === "in_flight") return { startMs: nowMs, endMs: nowMs + IN_FLIGHT_RETRY_MS };
  const { lengthMs, offsetMs } = window;
  const startMs = Math.floor((nowMs - offsetMs) / lengthMs) * lengthMs + offsetMs;
  return { startMs, endMs: startMs + lengthMs };
}

function monthAt(nowMs: number): { startMs: number; endMs: number } {
  const now = new Date(nowMs);
  const year = now.getUTCFullYear();
  const month = now.getUTCMonth();
  return { startMs: Date.UTC(year, month, 1), endMs: Date.UTC(year, month + 1, 1) };
}

/** Whether the limit counts calls in flight. */
export function isInFlight({ window }: Pick<Limit, "window">): boolean {
  return window.unit === "in_flight";
}

/** Whether usage and charge together are at most `max`. */
export function chargeFits(charge: Charge, used: number): boolean {
  return used + charge.amount <= ceilingOf(charge.limit);
}

/** The usage that a call may reach: `max`, or just below it where the amount comes with the answer, so that no further call passes at `max`. */
export function ceilingOf({ max, answer }: Limit): number {
  return answer === undefined ? max : max - Math.max(Math.abs(max) * Number.EPSILON, Number.MIN_VALUE);
}
