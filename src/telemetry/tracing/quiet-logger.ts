/** The SDK's own log, written into ours: a few lines a minute, each with its reason whole. */

import type { DiagLogger } from "@opentelemetry/api";
import { createLogSampler } from "../logging/log-sampling.ts";

type LogLine = (fields: Readonly<Record<string, unknown>>, message: string) => void;

export interface TraceLog {
  readonly warn: LogLine;
  readonly error: LogLine;
}

const MESSAGES_PER_MINUTE = 3;
const MAX_DETAIL = 2_000;

/** Invariant: the level is that of the line, never a field beside it. `now` is in milliseconds. */
export function quietLogger(log: TraceLog, now: () => number, message = "tracing has a problem"): DiagLogger {
  const sampler = createLogSampler(MESSAGES_PER_MINUTE, now);
  const sampled =
    (level: keyof TraceLog) =>
    (...parts: readonly unknown[]): void => {
      const suppressed = sampler.admit(level);
      if (suppressed === undefined) return;
      const detail = parts.map(textOf).join(" ").slice(0, MAX_DETAIL);
      log[level]({ detail, ...(suppressed > 0 && { suppressed }) }, message);
    };
  return { error: sampled("error"), warn: sampled("warn"), info: ignore, debug: ignore, verbose: ignore };
}

function textOf(part: unknown): string {
  if (typeof part === "string") return part;
  if (part instanceof Error) return [part.message, codeOf(part)].filter(Boolean).join(" ");
  return JSON.stringify(part) ?? String(part);
}

function codeOf(error: Error): string {
  return "code" in error ? `(${String(error.code)})` : "";
}

function ignore(): void {}
