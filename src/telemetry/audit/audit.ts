/** The audit log: one JSON line for each judged call and each refused message, in a stream of its own. */

import type { Observer } from "../../enforcement/observer.ts";
import type { Request } from "../../enforcement/request.ts";
import { isBlocked } from "../../policy/decision.ts";
import type { Capture } from "./capture.ts";
import { createDigest, createDigestKey, readOrCreateDigestKey } from "./audit-key.ts";
import { callRecord, controlRecord, refusalRecord, type RecordOptions } from "./audit-record.ts";
import { LineFile } from "./line-file.ts";

export interface AuditOptions {
  /** A file, or a descriptor that is open already: 2 for `-` where stdout carries MCP, else 1. */
  readonly target: string | number;
  readonly server: string;
  /** Key of the argument digests; absent: kept in `<target>.key`, or made anew for a descriptor. */
  readonly hmacKey?: string | Uint8Array;
  readonly traceIdOf?: (request: Request) => string | undefined;
  /** Argument values that are kept; absent means none. */
  readonly capture?: Capture;
  /** How many records could not be written. */
  readonly onDropped: (records: number) => void;
}

export interface Audit {
  readonly observer: Observer;
  /** Lets go of the file after it was renamed, and begins the one of its name; the error when that cannot be opened. */
  readonly reopen: () => Error | undefined;
  readonly flush: () => void;
  /** Writes what is left; later records are dropped and counted. */
  readonly close: () => void;
}

/** @throws Error of node:fs when the file, or the one for its key, cannot be opened. */
export function openAudit(options: AuditOptions): Audit {
  const { target, server, hmacKey } = options;
  const { traceIdOf = () => undefined, capture = () => undefined } = options;
  const key =
    hmacKey ?? (typeof target === "string" ? readOrCreateDigestKey(`${target}.key`) : createDigestKey());
  const file = new LineFile(options);
  const flush = (): void => file.flush();
  // A crash must not take along what was decided in its own turn.
  process.once("exit", flush);
  return {
    observer: record(file, { server, digest: createDigest(key), traceIdOf, capture }),
    reopen: () => file.reopen(),
    flush,
    close: () => {
      process.off("exit", flush);
      file.close();
    },
  };
}

/** A denied call is written when it is denied, before its answer leaves; any other judged one when it ended. */
function record(file: LineFile, options: RecordOptions): Observer {
  const writeNow = (line: string): void => {
    file.append(line);
    file.flush();
  };
  return {
    requestJudged: (request, judgement) => {
      if (isBlocked(judgement.decision)) writeNow(callRecord(options, request, judgement, undefined));
    },
    requestEnded: (request, ending, judgement) => {
      if (judgement === undefined && request.tool === undefined) return;
      if (judgement !== undefined && isBlocked(judgement.decision)) return;
      file.append(callRecord(options, request, judgement, ending));
    },
    messageRefused: (refusal) => writeNow(refusalRecord(options.server, refusal)),
    controlled: (control) => writeNow(controlRecord(options.server, control)),
  };
}
