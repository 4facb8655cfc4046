/** Sends audit records as OTLP logs, by the exporters of OpenTelemetry and the variables OTEL_EXPORTER_OTLP_*. */

import type { DiagLogger, HrTime } from "@opentelemetry/api";
import type { LogRecordExporter, ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { RejectedError } from "../otlp/lost-cause.ts";
import { logExportsTo, type PartialSuccess, takePartialSuccess } from "../otlp/partial-success.ts";
import type { OtlpTarget } from "./audit-target.ts";
import { type LineSender, type LostLines, NONE_LOST } from "./remote-log.ts";

const SCOPE = { name: "mcp-tollgate.audit" };
/** SeverityNumber INFO of the data model of logs. */
const INFO = 9;

/** The exporter is loaded with the first record. `log` gets what the SDK logs, and warnings of the collector. */
export function createOtlpSender({ protocol, version }: OtlpTarget, log: DiagLogger): LineSender {
  let exporter: Promise<LogRecordExporter> | undefined;
  let resource: Promise<ReadableLogRecord["resource"]> | undefined;
  const endLog = logExportsTo("audit", log);
  return {
    send: async (lines) => {
      const sender = await (exporter ??= createExporter(protocol));
      const from = await (resource ??= readResource(version));
      const { error, partial } = await exported(
        sender,
        lines.map((line) => recordOf(line, from)),
      );
      if (error === undefined) return lostOf(partial, lines.length, log);
      if (isRefusal(error)) return { lines: lines.length, error };
      throw error;
    },
    close: () => {
      void exporter
        ?.then((each) => each.shutdown())
        .catch(() => undefined)
        .finally(endLog);
      if (exporter === undefined) endLog();
    },
  };
}

/** Statuses of gRPC and HTTP after which a client may try again (OTLP, "Failures"). */
const RETRYABLE: ReadonlySet<number> = new Set([4, 14, 429, 502, 503, 504]);

/** Whether the collector said that it will not take the records; an error without a status is one of the connection. */
function isRefusal(error: Error): boolean {
  const status = "code" in error ? Number(error.code) : Number.NaN;
  return Number.isInteger(status) && !RETRYABLE.has(status);
}

async function createExporter(protocol: OtlpTarget["protocol"]): Promise<LogRecordExporter> {
  switch (protocol) {
    case "grpc": {
      const { OTLPLogExporter } = await import("@opentelemetry/exporter-logs-otlp-grpc");
      return new OTLPLogExporter();
    }
    case "http/json": {
      const { OTLPLogExporter } = await import("@opentelemetry/exporter-logs-otlp-http");
      return new OTLPLogExporter();
    }
    case "http/protobuf": {
      const { OTLPLogExporter } = await import("@opentelemetry/exporter-logs-otlp-proto");
      return new OTLPLogExporter();
    }
  }
}

async function readResource(version: string): Promise<ReadableLogRecord["resource"]> {
  const { detectResources, envDetector, resourceFromAttributes, serviceInstanceIdDetector } =
    await import("@opentelemetry/resources");
  const own = resourceFromAttributes({ "service.name": "tollgate", "service.version": version });
  return own.merge(detectResources({ detectors: [envDetector, serviceInstanceIdDetector] }));
}

interface Exported {
  /** Undefined when the collector took the request. */
  readonly error: Error | undefined;
  readonly partial: PartialSuccess | undefined;
}

function exported(exporter: LogRecordExporter, records: ReadableLogRecord[]): Promise<Exported> {
  return new Promise((resolve) =>
    exporter.export(records, ({ code, error }) =>
      resolve({
        partial: takePartialSuccess(),
        error: code === 0 ? undefined : (error ?? new Error("the export failed")),
      }),
    ),
  );
}

/** A collector never says which records it rejected, and must not be sent them again (OTLP, "Partial Success"). */
function lostOf(partial: PartialSuccess | undefined, sent: number, log: DiagLogger): LostLines {
  if (partial === undefined) return NONE_LOST;
  const { rejected, message } = partial;
  if (rejected > 0)
    return {
      lines: Math.min(rejected, sent),
      error: new RejectedError(`rejected by the collector: ${message}`),
    };
  log.warn("the collector took the records with a warning:", message);
  return NONE_LOST;
}

/** The body is the line as a file has it, so that `tollgate audit query` reads what a collector writes. */
function recordOf(line: string, resource: ReadableLogRecord["resource"]): ReadableLogRecord {
  const now = hrTime(Date.now());
  return {
    hrTime: now,
    hrTimeObserved: now,
    severityNumber: INFO,
    severityText: "INFO",
    eventName: "tollgate.audit",
    body: line,
    resource,
    instrumentationScope: SCOPE,
    attributes: {},
    droppedAttributesCount: 0,
  };
}

function hrTime(ms: number): HrTime {
  return [Math.floor(ms / 1_000), (ms % 1_000) * 1e6];
}
