/** The interface of a store of shared counters, and the encoding of its requests and replies. */

import {
  ceilingOf,
  type Charge,
  isInFlight,
  type Limit,
  type LimitWindow,
  type Usage,
} from "../../policy/limit.ts";
import type { Span } from "../../policy/time/time-zone.ts";
import { type Command, type KeyScheme, StoreError, storeKey } from "../store/store.ts";

/** The limits and charges of one call, as the policy has computed them; the store checks and charges them in one step. */
export interface AdmissionRequest {
  /** Every limit of the call. */
  readonly checks: readonly Charge[];
  /** The charges to make when all limits have room. */
  readonly charges: readonly Charge[];
  /** The time by the store's clock, as far as this process knows it. */
  readonly nowMs: number;
  /** False: check only, since the call is denied for another reason. */
  readonly isCharging: boolean;
}

export interface Admission {
  /** Milliseconds since the epoch by the store's clock. */
  readonly nowMs: number;
  readonly isAdmitted: boolean;
  /** The usage before the call, one for each check, in their order. */
  readonly usages: readonly Usage[];
  /** The charges that were made, for a refund. */
  readonly receipts: readonly StoreReceipt[];
}

export interface StoreReceipt {
  readonly key: string;
  /** Start of the slice that was charged, in ms since the epoch, as the store writes it; the lease of a call in flight. */
  readonly slice: string;
  readonly amount: number;
  readonly isInFlight: boolean;
  /** Whether it is given back when the call fails. */
  readonly isRefundedOnError: boolean;
}

export interface LimitStore {
  /** The name of the counter in the store: the same on every replica and through every reload. */
  readonly counterKey: (charge: Charge) => string;
  /** Checks and charges in one atomic step. Rejects with a StoreError, within the store's time bound. */
  readonly admit: (request: AdmissionRequest) => Promise<Admission>;
  /** Undoes charges in the slices that were charged; never rejects. */
  readonly refund: (receipts: readonly StoreReceipt[]) => Promise<void>;
}

/** `tollgate:v1:{prometheus}:["/tools/x","calls","minute","agent","aligned"]:<digest of the agent>`. */
export function counterKeyIn(scheme: KeyScheme, { limit, key }: Charge): string {
  return storeKey(scheme, `${limit.id}:${key === "" ? "" : scheme.digest(key)}`);
}

/** The keys and arguments of the admitting script. */
export function encodeAdmission(
  { checks, charges, isCharging, nowMs }: AdmissionRequest,
  keyOf: LimitStore["counterKey"],
  lease: Lease,
): Command {
  const indexes = new Map<string, number>();
  const windows: string[] = [];
  const indexOf = (charge: Charge): string => {
    const key = keyOf(charge);
    const known = indexes.get(key);
    if (known !== undefined) return String(known);
    indexes.set(key, indexes.size + 1);
    windows.push(...windowArguments(charge.limit, lease, nowMs));
    return String(indexes.size);
  };
  const rows = [
    ...checks.flatMap((check) => [
      indexOf(check),
      `${check.amount}`,
      `${ceilingOf(check.limit)}`,
      check.limit.mode,
    ]),
    ...charges.flatMap((charge) => [indexOf(charge), `${charge.amount}`, charge.limit.mode]),
  ];
  const head = [isCharging ? "1" : "0", `${checks.length}`, `${charges.length}`, lease.name];
  return { keys: [...indexes.keys()], args: [...head, ...windows, ...rows] };
}

/** Slices of a sliding window, as in `memory-counters.ts`. */
const SLICES = 60;

/** A place of a call in flight: it ends by itself unless it is renewed, so that a sidecar that dies holds none. */
export interface Lease {
  /** Another one for each admission. */
  readonly name: string;
  readonly durationMs: number;
}

function windowArguments(
  { window, algorithm }: Limit,
  { durationMs }: Lease,
  nowMs: number,
): [string, string, string] {
  if (window.unit === "in_flight") return ["0", `${durationMs}`, "0"];
  if (window.unit === "local") return ["1", "-1", localBounds(window, nowMs).join(" ")];
  const slices = algorithm === "sliding" ? `${SLICES}` : "1";
  return window.unit === "month" ? [slices, "0", "0"] : [slices, `${window.lengthMs}`, `${window.offsetMs}`];
}

/**
 * The bounds of the windows before and after `nowMs`, since the script knows no time zones: it takes the two around its own time. Clocks
 * may differ by two windows.
 */
function localBounds(window: LocalWindow, nowMs: number): readonly number[] {
  const known = boundsOf.get(window);
  const { name, zone } = window;
  const current = zone.spanAt(name, nowMs);
  if (known?.[2] === current.startMs) return known;
  const bounds = boundsAround(window, current);
  boundsOf.set(window, bounds);
  return bounds;
}

type LocalWindow = Extract<LimitWindow, { unit: "local" }>;

const boundsOf = new WeakMap<LocalWindow, readonly number[]>();

function boundsAround({ name, zone }: LocalWindow, current: Span): number[] {
  const before = zone.spanAt(name, current.startMs - 1);
  const after = zone.spanAt(name, current.endMs);
  return [
    zone.spanAt(name, before.startMs - 1).startMs,
    before.startMs,
    current.startMs,
    current.endMs,
    after.endMs,
    zone.spanAt(name, after.endMs).endMs,
  ];
}

/** @throws StoreError when the reply is not the script's. */
export function decodeAdmission(
  reply: unknown,
  request: AdmissionRequest,
  keyOf: LimitStore["counterKey"],
): Admission {
  const { checks, charges } = request;
  const values = Array.isArray(reply) ? reply.map(String) : [];
  if (values.length !== 2 + 2 * checks.length + charges.length)
    throw new StoreError("reply", "the limit store answered with a value that the script does not return");
  const slices = values.slice(2 + 2 * checks.length);
  return {
    nowMs: Number(values[0]),
    isAdmitted: values[1] === "1",
    usages: checks.map((_, index) => ({
      used: Number(values[2 + 2 * index]),
      retryAfterMs: Number(values[3 + 2 * index]),
    })),
    receipts: charges.flatMap((charge, index) => {
      const slice = slices[index] ?? "";
      if (slice === "") return [];
      const { amount, limit } = charge;
      const isRefundedOnError = limit.isRefundedOnError === true;
      return [{ key: keyOf(charge), slice, amount, isInFlight: isInFlight(limit), isRefundedOnError }];
    }),
  };
}
