/** The log: pino, one line per event, constant messages with the data in fields, written before the call returns. */

import { destination, pino, stdTimeFunctions, type DestinationStream, type Logger } from "pino";
import { prettyLine } from "./log-pretty.ts";
import { CENSOR, withoutSecrets } from "../audit/redact.ts";

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
export type LogFormat = "json" | "pretty";
export type Log = Logger;

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** `stderr` whenever stdout carries MCP; a stream for tests. */
  readonly destination: "stdout" | "stderr" | DestinationStream;
  /** Fields for every line, such as the trace id of what is going on. */
  readonly mixin?: () => Record<string, unknown>;
}

export function createLog({ level, format, destination: target, mixin }: LogOptions): Log {
  const stream = typeof target === "string" ? standardStream(target) : target;
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { ...CENSOR, paths: [...CENSOR.paths] },
      // Security: last, on the finished line, so that a secret inside an error's message is found too.
      hooks: { streamWrite: withoutSecrets },
      ...(mixin && { mixin }),
    },
    format === "pretty" ? { write: (line) => stream.write(prettyLine(line)) } : stream,
  );
}

/** Synchronous: what was logged before a crash is there, and the asynchronous one costs more per line. */
function standardStream(target: "stdout" | "stderr"): DestinationStream {
  const stream = destination({ dest: target === "stdout" ? 1 : 2, sync: true });
  // A log that cannot be written, such as to a closed pipe, must not end the sidecar.
  stream.on("error", () => undefined);
  return stream;
}
