/** The audit log: one JSON line for each decided call, each refused message and each change by an operator. */

import type { Observer } from "../../enforcement/observer.ts";
import { escapeInvisibleInJson } from "../../json/escape-invisible.ts";
import type { Request } from "../../enforcement/request.ts";
import { isBlocked } from "../../policy/decision.ts";
import type { Capture } from "./capture.ts";
import { createDigest, createDigestKey, readOrCreateDigestKey } from "./audit-key.ts";
import { callRecord, controlRecord, refusalRecord, type RecordOptions } from "./audit-record.ts";
import { LineFile } from "./line-file.ts";

export interface AuditOptions {
  /** A path, or an open descriptor: 2 for `-` where stdout carries MCP, else 1. */
  readonly target: string | number;
  readonly server: string;
  /** Key of the argument digests; absent means the key in `<target>.key`, or a new one for a descriptor. */
  readonly hmacKey?: string | Uint8Array;
  readonly traceIdOf?: (request: Request) => string | undefined;
  /** Argument values that are recorded; absent means none. */
  readonly capture?: Capture;
  /** Called with the number of records that could not be written. */
  readonly onDropped: (records: number) => void;
}

export interface Audit {
  readonly observer: Observer;
  /** Reopens the file by its path, after a rotation. Returns the error when that fails; the old file stays in use. */
  readonly reopen: () => Error | undefined;
  readonly flush: () => void;
  /** Writes pending records; later ones are dropped and counted. */
  readonly close: () => void;
}

/** Opens the file and its key. @throws Error of node:fs when either cannot be opened. */
export function openAudit(options: AuditOptions): Audit {
  const { target, server, hmacKey } = options;
  const { traceIdOf = () => undefined, capture = () => undefined } = options;
  const key =
    hmacKey ?? (typeof target === "string" ? readOrCreateDigestKey(`${target}.key`) : createDigestKey());
  const file = new LineFile(options);
  const flush = (): void => file.flush();
  // A crash must not lose the records of its own turn of the event loop.
  process.once("exit", flush);
  return {
    observer: createAuditObserver(file, { server, digest: createDigest(key), traceIdOf, capture }),
    reopen: () => file.reopen(),
    flush,
    close: () => {
      process.off("exit", flush);
      file.close();
    },
  };
}

/** Writes a denied call at once, before its response is sent, and any other call when it has ended. */
function createAuditObserver(file: LineFile, options: RecordOptions): Observer {
  const append = (line: string): void => file.append(escapeInvisibleInJson(line));
  const writeNow = (line: string): void => {
    append(line);
    file.flush();
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
