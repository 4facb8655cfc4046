/** The latest decisions for the console: a bounded ring that can be listed, searched and subscribed to. */

import type { DecisionRecord, Observer } from "../../enforcement/observer.ts";
import { callerOf, type Request } from "../../enforcement/request.ts";
import type { Caller } from "../../policy/caller.ts";
import type { CategoryAssignment } from "../../policy/category/category.ts";
import { type Denial, isBlocked } from "../../policy/decision.ts";
import type { Effect } from "../../policy/mode.ts";
import type { Capture, CapturedValues } from "../audit/capture.ts";
import type { DecisionEntry } from "./decision-entry.ts";
import type { DecisionFilter, TimeRange } from "./decision-filter.ts";
import { DecisionRing } from "./rows/decision-ring.ts";
import { readRow } from "./rows/read-row.ts";
import { FLAGS, OFFSETS } from "./rows/row.ts";
import { createRowFilter } from "./rows/row-filter.ts";

export interface Decisions {
  readonly observer: Observer;
  /** The newest decisions that match, newest first, in pieces that each take a few milliseconds; a piece may be empty. */
  readonly search: (query: DecisionQuery) => Iterable<readonly DecisionEntry[]>;
  readonly get: (id: string) => DecisionEntry | undefined;
  /** The call of a decision, for an explanation; undefined when the decision is not remembered. */
  readonly decidedCall: (id: string) => DecidedCall | undefined;
  /** Argument values of the latest call that needs this approval; undefined when none are recorded. */
  readonly capturedFor: (approval: string) => CapturedValues | undefined;
  /** Calls the listener once for each decision: on a denial at once, else when the call has ended. Returns the function that unsubscribes. */
  readonly subscribe: (listener: (entry: DecisionEntry) => void) => () => void;
}

export interface DecisionQuery extends TimeRange {
  readonly limit: number;
  /** Absent: all match. */
  readonly filter?: DecisionFilter;
  /** The id of a decision: only older ones are listed. Without such a decision the list is empty. */
  readonly before?: string;
}

export interface DecisionsOptions {
  /** Decisions in memory. */
  readonly capacity: number;
  readonly traceIdOf?: (request: Request) => string | undefined;
  /** Argument values that are recorded; absent means none. */
  readonly capture?: Capture;
}

/** A remembered call as far as an explanation needs it. */
export interface DecidedCall {
  /** Absent for other methods. */
  readonly tool?: { readonly name: string; readonly category: CategoryAssignment };
  readonly caller: Caller;
  /** The text of the arguments, absent in a call without any; `forgotten` when a part of the call is not remembered. */
  readonly args?: { readonly text: string } | "forgotten";
  readonly denial?: Denial;
  readonly effect: Effect;
  readonly policyDigest: string;
}

type Listener = (entry: DecisionEntry) => void;

export function createDecisions({ capacity, traceIdOf, capture }: DecisionsOptions): Decisions {
  const ring = new DecisionRing(capacity);
  const captures = new Map<string, CapturedValues>();
  const listeners = new Set<Listener>();
  const decidedOf = (request: Request, judgement: DecisionRecord) => ({
    request,
    judgement,
    traceId: traceIdOf?.(request),
    captured: capture?.(request)?.values,
  });
  const publish = (row: () => Buffer): void => {
    if (listeners.size === 0) return;
    const entry = readRow(row(), ring.words);
    for (const listener of listeners) listener(entry);
  };
  const entryAt = (id: string): DecisionEntry | undefined => {
    const number = ring.find(id);
    return number === undefined ? undefined : readRow(ring.read(number), ring.words);
  };
  return {
    observer: {
      requestDecided: (request, judgement) => {
        const decided = decidedOf(request, judgement);
        ring.add(decided);
        if (decided.captured !== undefined && judgement.approval !== undefined)
          remember(captures, judgement.approval, decided.captured);
        if (isBlocked(judgement.decision)) publish(() => ring.rowOf(decided));
      },
      requestEnded: (request, ending, judgement) => {
        if (judgement === undefined) return;
        const number = ring.find(request.id);
        if (number !== undefined) ring.end(number, ending);
        if (isBlocked(judgement.decision)) return;
        publish(() =>
          number === undefined ? ring.rowOf({ ...decidedOf(request, judgement), ending }) : ring.read(number),
        );
      },
    },
    search: (query) => search(ring, query),
    get: entryAt,
    decidedCall: (id) => decidedCall(ring, id),
    capturedFor: (approval) => captures.get(approval),
    subscribe: (listener) => subscribe(listeners, listener),
  };
}

/** Approvals whose captured values are remembered. */
const MAX_CAPTURES = 10_000;

function remember(captures: Map<string, CapturedValues>, approval: string, values: CapturedValues): void {
  captures.delete(approval);
  captures.set(approval, values);
  const [oldest] = captures.keys();
  if (captures.size > MAX_CAPTURES && oldest !== undefined) captures.delete(oldest);
}

function subscribe(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Rows that are compared, and entries that are decoded, in one piece. */
const ROWS_PER_PIECE = 4_000;
const ENTRIES_PER_PIECE = 100;

// Rows may be overwritten between two pieces, so each is looked at only while the ring holds it.
function* search(
  ring: DecisionRing,
  { limit, filter = {}, before, ...times }: DecisionQuery,
): Generator<readonly DecisionEntry[]> {
  const matches = createRowFilter(filter, times);
  let number = before === undefined ? ring.newest : (ring.find(before) ?? 0) - 1;
  let left = limit;
  while (left > 0 && number >= ring.oldest) {
    const piece: DecisionEntry[] = [];
    const end = number - ROWS_PER_PIECE;
    const most = Math.min(left, ENTRIES_PER_PIECE);
    for (; number > end && number >= ring.oldest && piece.length < most; number -= 1) {
      const row = ring.read(number);
      if (matches(row)) piece.push(readRow(row, ring.words));
    }
    left -= piece.length;
    yield piece;
  }
}

function decidedCall(ring: DecisionRing, id: string): DecidedCall | undefined {
  const number = ring.find(id);
  if (number === undefined) return undefined;
  const row = ring.read(number);
  const { tool, category, agent, user, address, denial, effect, policyDigest } = readRow(row, ring.words);
  const proofCode = row.readUInt32LE(OFFSETS.proof);
  const proof = ring.proofs.proofOf(proofCode);
  const args = proofCode > 0 && proof === undefined ? "forgotten" : argumentsOf(ring, row);
  const caller = callerOf({
    agent: { ...agent, ...(user !== undefined && { user }), ...(proof && { proof }) },
    address,
    receivedAtMs: row.readDoubleLE(OFFSETS.receivedAtMs),
  });
  return {
    ...(tool !== undefined && category && { tool: { name: tool, category } }),
    caller,
    ...(args !== undefined && { args }),
    ...(denial && { denial }),
    effect,
    policyDigest,
  };
}

function argumentsOf(ring: DecisionRing, row: Buffer): DecidedCall["args"] {
  const flags = row[OFFSETS.flags] ?? 0;
  if ((flags & FLAGS.hasArguments) === 0) return undefined;
  if ((flags & FLAGS.keepsArguments) === 0) return "forgotten";
  const address = row.readDoubleLE(OFFSETS.argsAddress);
  const text = ring.argumentsAt(address, row.readUInt32LE(OFFSETS.argsLength));
  return text === undefined ? "forgotten" : { text };
}
