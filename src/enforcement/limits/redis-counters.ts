/** Counts usage in the store that sidecars share, with one script run for each call. */

import type { Charge } from "../../policy/limit.ts";
import {
  type Admission,
  type AdmissionRequest,
  decodeAdmission,
  encodeAdmission,
  type LimitStore,
  counterKeyIn,
  type StoreReceipt,
} from "./limit-store.ts";
import { LEASE_MS, Leases } from "./leases.ts";
import { admitScript, REFUND_SCRIPT, renewScript } from "./redis-counters.lua.ts";
import { type ScriptConnection, type SharedStore, type StoreScript, SERVER_TIME } from "../store/store.ts";

export interface SharedCountersOptions {
  /** Returns another name for each call, which no other sidecar returns. */
  readonly newLease: () => string;
  /** The time as a Lua expression; absent: the clock of the store. */
  readonly now?: string;
  /** How long a call in flight counts when its sidecar is gone. */
  readonly leaseMs?: number;
}

export class SharedCounters implements LimitStore {
  readonly counterKey: (charge: Charge) => string;
  readonly #store: SharedStore;
  readonly #admit: StoreScript;
  readonly #refund: StoreScript;
  readonly #renew: StoreScript;
  readonly #leases: Leases;
  readonly #newLease: () => string;
  readonly #leaseMs: number;

  constructor(
    store: SharedStore,
    { newLease, now = SERVER_TIME, leaseMs = LEASE_MS }: SharedCountersOptions,
  ) {
    this.#newLease = newLease;
    this.#leaseMs = leaseMs;
    this.#renew = store.script("renew", renewScript(now));
    this.#leases = new Leases({ durationMs: leaseMs, renew: (leases) => this.#renewLeases(leases) });
    this.counterKey = (charge) => counterKeyIn(store.scheme, charge);
    this.#store = store;
    this.#admit = store.script("admit", admitScript(now));
    this.#refund = store.script("refund", REFUND_SCRIPT);
  }

  async admit(request: AdmissionRequest): Promise<Admission> {
    const decode = (reply: unknown): Admission => decodeAdmission(reply, request, this.counterKey);
    // The call of a late admission has been denied: refund its charges, on the connection that has replied.
    const onLate = (reply: unknown, connection: ScriptConnection): void =>
      void Promise.try(() => this.#refundOn(connection, decode(reply).receipts)).catch(() => undefined);
    const lease = { name: this.#newLease(), durationMs: this.#leaseMs };
    const command = encodeAdmission(request, this.counterKey, lease);
    const admission = decode(await this.#store.run(this.#admit, command, onLate));
    this.#leases.hold(admission.receipts);
    return admission;
  }

  async refund(receipts: readonly StoreReceipt[]): Promise<void> {
    this.#leases.drop(receipts);
    // Security: a failed refund leaves the charge, which is too strict and never too loose.
    await this.#refundOn(this.#store, receipts).catch(() => undefined);
  }

  async #refundOn(connection: ScriptConnection, receipts: readonly StoreReceipt[]): Promise<void> {
    if (receipts.length === 0) return;
    const keys = receipts.map(({ key }) => key);
    const args = receipts.flatMap(({ slice, amount, isInFlight }) => [
      slice,
      isInFlight ? "0" : String(amount),
    ]);
    await connection.run(this.#refund, { keys, args });
  }

  async #renewLeases(leases: readonly StoreReceipt[]): Promise<void> {
    const keys = leases.map(({ key }) => key);
    const args = [String(this.#leaseMs), ...leases.map(({ slice }) => slice)];
    // The circuit breaker reports the store; the next renewal tries again.
    await this.#store.run(this.#renew, { keys, args }).catch(() => undefined);
  }
}
