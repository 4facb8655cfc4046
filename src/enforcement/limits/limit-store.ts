/** The interface of a store of shared counters, and the encoding of its requests and replies. */

import { type Charge, isInFlight, type Limit, type Usage } from "../../policy/limit.ts";
import { type Command, type KeyScheme, StoreError, storeKey } from "../store/store.ts";

/** The limits and charges of one call, as the policy has computed them; the store checks and charges them in one step. */
export interface AdmissionRequest {
  /** Every limit of the call. */
  readonly checks: readonly Charge[];
  /** The charges to make when all limits have room. */
  readonly charges: readonly Charge[];
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
  { checks, charges, isCharging }: AdmissionRequest,
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
    windows.push(...windowArguments(charge.limit, lease));
    return String(indexes.size);
  };
  const rows = [
    ...checks.flatMap((check) => [indexOf(check), `${check.amount}`, `${check.limit.max}`, check.limit.mode]),
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

function windowArguments({ window, algorithm }: Limit, { durationMs }: Lease): [string, string, string] {
  if (window.unit === "in_flight") return ["0", `${durationMs}`, "0"];
  const slices = algorithm === "sliding" ? `${SLICES}` : "1";
  return window.unit === "month" ? [slices, "0", "0"] : [slices, `${window.lengthMs}`, `${window.offsetMs}`];
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
      return slice === ""
        ? []
        : [{ key: keyOf(charge), slice, amount: charge.amount, isInFlight: isInFlight(charge.limit) }];
    }),
  };
}
