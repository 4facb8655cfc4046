/** The log, by pino: one line per event, a constant message with data in fields, written synchronously. */

import { destination, pino, stdTimeFunctions, type DestinationStream, type Logger } from "pino";
import { escapeInvisibleInJson } from "../../json/escape-invisible.ts";
import { prettyLine } from "./log-pretty.ts";
import { CENSOR, withoutSecrets } from "../audit/redact.ts";

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
export type LogFormat = "json" | "pretty";
export type Log = Logger;

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Absent means stderr, since stdout may carry MCP. */
  readonly destination?: DestinationStream;
}

export function createLog({ level, format, destination: stream = standardError() }: LogOptions): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { ...CENSOR, paths: [...CENSOR.paths] },
      // Security: applied to the finished line, so that a secret inside an error's message is removed too.
      hooks: { streamWrite: (line) => escapeInvisibleInJson(withoutSecrets(line)) },
    },
    format === "pretty" ? { write: (line) => stream.write(prettyLine(line)) } : stream,
  );
}

/** Synchronous, so that lines logged before a crash are written; an asynchronous stream also costs more per line. */
function standardError(): DestinationStream {
  const stream = destination({ dest: 2, sync: true });
  // A failed write, such as to a closed pipe, must not end the sidecar.
  stream.on("error", () => undefined);
  return stream;
}
