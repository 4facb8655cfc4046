/** The audit log: one JSON line for each decided call, each refused message and each change by an operator. */

import type { DiagLogger } from "@opentelemetry/api";
import type { Observer } from "../../enforcement/observer.ts";
import { escapeInvisibleInJson } from "../../json/escape-invisible.ts";
import type { Request } from "../../enforcement/request.ts";
import { isBlocked } from "../../policy/decision.ts";
import type { Capture } from "./capture.ts";
import { createDigest, createDigestKey, readOrCreateDigestKey } from "./audit-key.ts";
import { callRecord, controlRecord, refusalRecord, type RecordOptions } from "./audit-record.ts";
import { CHAIN_START, type ChainHead, createChain } from "../../json/line-chain.ts";
import { readChainHead } from "./chain-head.ts";
import { LineFile, type LineFileOptions } from "./line-file.ts";
import { createOtlpSender } from "./otlp-records.ts";
import { RemoteLog } from "./remote-log.ts";
import { createSyslogSender } from "./syslog.ts";
import type { RemoteTarget } from "./audit-target.ts";

export interface AuditOptions {
  /** A path, an open descriptor (2 for `-` where stdout carries MCP, else 1), or a receiver on the network. */
  readonly target: string | number | RemoteTarget;
  readonly server: string;
  /** Key of the argument digests; absent means the key in `<target>.key`, or a new one where there is no file. */
  readonly hmacKey?: string | Uint8Array;
  readonly traceIdOf?: (request: Request) => string | undefined;
  /** Argument values that are recorded; absent means none. */
  readonly capture?: Capture;
  /** Whether each record is linked to the one before it. */
  readonly isChained?: boolean;
  /** Called with the number of records that could not be written, and why. */
  readonly onDropped: (records: number, error: unknown) => void;
  /** The log of the exporter to a collector; absent: nothing is logged. */
  readonly exportLog?: DiagLogger;
  /** Called when the file had been deleted or replaced, and was opened again. */
  readonly onReopened?: LineFileOptions["onReopened"];
  /** Milliseconds since the epoch; absent: the system's clock. */
  readonly nowMs?: () => number;
}

export interface Audit {
  readonly observer: Observer;
  /** Reopens the file by its path, after a rotation. Returns the error when that fails; the old file stays in use. */
  readonly reopen: () => Error | undefined;
  readonly flush: () => void;
  /** Writes pending records, within three seconds; later ones are dropped and counted. */
  readonly close: () => void | Promise<void>;
}

/** Opens the file and its key. @throws Error of node:fs when either cannot be opened. */
export function openAudit(options: AuditOptions): Audit {
  const { target, server, hmacKey, isChained = false } = options;
  const { traceIdOf = () => undefined, capture = () => undefined } = options;
  const key =
    hmacKey ?? (typeof target === "string" ? readOrCreateDigestKey(`${target}.key`) : createDigestKey());
  const digest = createDigest(key);
  const link = isChained ? createChain(digest, headOf(target)) : undefined;
  const log: AuditLog = openLog(options, (line) => append(line));
  const append = (line: string): void => {
    const visible = escapeInvisibleInJson(line);
    log.append(link === undefined ? visible : link(visible));
  };
  const flush = (): void => log.flush();
  // A crash must not lose the records of its own turn of the event loop.
  process.once("exit", flush);
  const lines = { append, flush };
  return {
    observer: createAuditObserver(lines, { server, digest, traceIdOf, capture }),
    reopen: () => (log instanceof LineFile ? log.reopen() : undefined),
    flush,
    close: () => {
      process.off("exit", flush);
      return log.close();
    },
  };
}

function headOf(target: AuditOptions["target"]): ChainHead {
  return typeof target === "string" ? readChainHead(target) : CHAIN_START;
}

type AuditLog = LineFile | RemoteLog;

const SILENT: DiagLogger = { error: ignore, warn: ignore, info: ignore, debug: ignore, verbose: ignore };

function ignore(): void {}

/** Once the log can be written again, it says how many records are missing. */
function openLog(
  { target, server, exportLog = SILENT, onDropped, onReopened, nowMs = Date.now }: AuditOptions,
  append: (line: string) => void,
): AuditLog {
  let lost = 0;
  const reports: Pick<LineFileOptions, "onDropped" | "onRecovered"> = {
    onDropped: (records, error) => {
      lost += records;
      onDropped(records, error);
    },
    onRecovered: () => {
      const count = lost;
      lost = 0;
      append(controlRecord(server, { atMs: nowMs(), action: "records_lost", by: "tollgate", count }));
    },
  };
  if (typeof target !== "object")
    return new LineFile({ target, ...(onReopened && { onReopened }), ...reports });
  const sender = target.kind === "otlp" ? createOtlpSender(target, exportLog) : createSyslogSender(target);
  return new RemoteLog(sender, reports);
}

/** Where records go. */
type Lines = Pick<LineFile, "append" | "flush">;

/** Writes a denied call at once, before its response is sent, and any other call when it has ended. */
function createAuditObserver({ append, flush }: Lines, options: RecordOptions): Observer {
  const writeNow = (line: string): void => {
    append(line);
    flush();
  };
  return {
    requestDecided: (request, judgement) => {
      if (isBlocked(judgement.decision)) writeNow(callRecord(options, request, judgement, undefined));
    },
    requestEnded: (request, ending, judgement) => {
      if (judgement === undefined && request.tool === undefined) return;
      if (judgement !== undefined && isBlocked(judgement.decision)) return;
      append(callRecord(options, request, judgement, ending));
    },
    messageRefused: (refusal) => writeNow(refusalRecord(options.server, refusal)),
    controlled: (control) => writeNow(controlRecord(options.server, control)),
  };
}
