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
import { admitScript, REFUND_SCRIPT } from "./redis-counters.lua.ts";
import { type ScriptConnection, type SharedStore, type StoreScript, SERVER_TIME } from "../store/store.ts";

export class SharedCounters implements LimitStore {
  readonly counterKey: (charge: Charge) => string;
  readonly #store: SharedStore;
  readonly #admit: StoreScript;
  readonly #refund: StoreScript;

  /** `now` is the time as a Lua expression; absent: the clock of the store. */
  constructor(store: SharedStore, now: string = SERVER_TIME) {
    this.counterKey = (charge) => counterKeyIn(store.scheme, charge);
    this.#store = store;
    this.#admit = store.script(admitScript(now));
    this.#refund = store.script(REFUND_SCRIPT);
  }

  async admit(request: AdmissionRequest): Promise<Admission> {
    const decode = (reply: unknown): Admission => decodeAdmission(reply, request, this.counterKey);
    // The call of a late admission has been denied: refund its charges, on the connection that has replied.
    const onLate = (reply: unknown, connection: ScriptConnection): void =>
      void Promise.try(() => this.#refundOn(connection, decode(reply).receipts)).catch(() => undefined);
    return decode(await this.#store.run(this.#admit, encodeAdmission(request, this.counterKey), onLate));
  }

  async refund(receipts: readonly StoreReceipt[]): Promise<void> {
    // Security: a failed refund leaves the charge, which is too strict and never too loose.
    await this.#refundOn(this.#store, receipts).catch(() => undefined);
  }

  async #refundOn(connection: ScriptConnection, receipts: readonly StoreReceipt[]): Promise<void> {
    if (receipts.length === 0) return;
    const keys = receipts.map(({ key }) => key);
    const args = receipts.flatMap(({ slice, amount }) => [slice, String(amount)]);
    await connection.run(this.#refund, { keys, args });
  }
}
