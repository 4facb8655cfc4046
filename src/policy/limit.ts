/** Windows and charges: how often, or how much, in which time. */

import type { Mode } from "./mode.ts";

export type Scope = "agent" | "session" | "server";
export type Algorithm = "aligned" | "sliding";

export interface Limit {
  /** What makes this counter one counter across reloads: where it stands, name, window, scope; not `max` or wording. */
  readonly id: string;
  readonly counter: string;
  /** Rule pointer: `/tools/create_charge/limits/calls-per-minute`. */
  readonly rule: string;
  readonly window: LimitWindow;
  readonly max: number;
  readonly scope: Scope;
  readonly algorithm: Algorithm;
  /** `calls`: one for each call. `amounts`: what `increment` or `increment_from` says. */
  readonly measures: "calls" | "amounts";
  /** A shadowed limit that is full lets the call pass. */
  readonly mode: Mode;
  readonly message?: string;
}

/** Aligned to UTC: the calendar month, or a length in milliseconds aligned to the epoch and then moved by `offsetMs`. */
export type LimitWindow =
  | { readonly unit: "month" }
  | { readonly unit: "fixed"; readonly lengthMs: number; readonly offsetMs: number };

/** One limit's share in one call. */
export interface Charge {
  readonly limit: Limit;
  /** The agent, the session, or empty for the whole server. */
  readonly key: string;
  readonly amount: number;
}

/** What a counter holds for a charge at one moment. */
export interface Usage {
  readonly used: number;
  /** Milliseconds until the charge could fit: the end of the aligned window. */
  readonly retryAfterMs: number;
}

/** Reads the counters at the moment of the decision; supplied by the enforcement floor, so that policy has no clock. */
export type ReadUsage = (charge: Charge) => Usage;

export const WINDOW_NAMES = ["second", "minute", "hour", "day", "week", "month"] as const;
export type WindowName = (typeof WINDOW_NAMES)[number];

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
};

/** A sliding month must hold in any month, so it is as long as the longest one. */
const SLIDING_MONTH: LimitWindow = { unit: "fixed", lengthMs: 31 * DAY_MS, offsetMs: 0 };

/** The window that a policy's word, or its number of seconds, stands for. Weeks begin on Monday. */
export function windowOf(window: WindowName | number, algorithm: Algorithm): LimitWindow {
  if (typeof window === "number") return { unit: "fixed", lengthMs: window * SECOND_MS, offsetMs: 0 };
  return window === "month" && algorithm === "sliding" ? SLIDING_MONTH : NAMED_WINDOWS[window];
}

/** The aligned window that `nowMs` (since the epoch) lies in; `endMs` belongs to the next one. */
export function windowAt(
  window: LimitWindow,
  nowMs: number,
): { readonly startMs: number; readonly endMs: number } {
  if (window.unit === "month") return monthAt(nowMs);
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

/** Whether a charge fits on top of what was used: at most `max`, never more. */
export function chargeFits(charge: Charge, used: number): boolean {
  return used + charge.amount <= charge.limit.max;
}
