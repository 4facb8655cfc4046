/** Partial success: the response of a collector to an export that it took in part, or took with a warning. The SDK only logs it. */

import { diag, DiagLogLevel, type DiagLogger } from "@opentelemetry/api";

export interface PartialSuccess {
  /** Spans, data points or log records that the collector did not take; 0 with a warning alone. */
  readonly rejected: number;
  /** The collector's reason or warning, in its words. */
  readonly message: string;
}

/** The parts that export, by precedence: the log of the SDK goes to the first that is there. */
const EXPORTERS = ["tracing", "audit"] as const;

/** As the SDK logs it: `Received Partial Success response: {"rejectedSpans":"2","errorMessage":"..."}`. */
const PARTIAL = /^Received Partial Success response/;
const REJECTED = /^rejected(?:Spans|DataPoints|LogRecords)$/;

const loggers = new Map<(typeof EXPORTERS)[number], DiagLogger>();
// Invariant: the SDK logs a partial success and reports the end of its export in one turn of the event loop, so the last one is that of the export that ends.
let last: PartialSuccess | undefined;

/** Writes the log of the SDK, which is one for the process, to `logger` until the returned function is called. */
export function logExportsTo(exporter: (typeof EXPORTERS)[number], logger: DiagLogger): () => void {
  if (loggers.size === 0) diag.setLogger(ROUTER, { logLevel: DiagLogLevel.WARN });
  loggers.set(exporter, logger);
  return () => {
    if (loggers.get(exporter) === logger) loggers.delete(exporter);
    if (loggers.size === 0) diag.disable();
  };
}

/** To be called when an export has ended. Undefined where the collector took everything without a remark. */
export function takePartialSuccess(): PartialSuccess | undefined {
  const taken = last;
  last = undefined;
  return taken;
}

const ROUTER: DiagLogger = {
  error: (text, ...details) => current()?.error(text, ...details),
  warn: (text, ...details) => {
    if (PARTIAL.test(text)) last = parsePartialSuccess(details.map(String).join(" "));
    else current()?.warn(text, ...details);
  },
  info: ignore,
  debug: ignore,
  verbose: ignore,
};

function current(): DiagLogger | undefined {
  return EXPORTERS.map((exporter) => loggers.get(exporter)).find((logger) => logger !== undefined);
}

function parsePartialSuccess(json: string): PartialSuccess {
  const fields: Readonly<Record<string, unknown>> = JSON.parse(json);
  const counts = Object.entries(fields).filter(([name]) => REJECTED.test(name));
  const message = fields["errorMessage"];
  return {
    // JSON writes 64 bits as text.
    rejected: counts.reduce((sum, [, count]) => sum + (Number(count) || 0), 0),
    message: typeof message === "string" && message !== "" ? message : "the collector gives no reason",
  };
}

function ignore(): void {}
