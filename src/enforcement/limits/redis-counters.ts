/** Usage in a store that sidecars share: one script for each call. */

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

  /** `now` is the time as the scripts' language says it; the server's own, but in tests. */
  constructor(store: SharedStore, now: string = SERVER_TIME) {
    this.counterKey = (charge) => counterKeyIn(store.scheme, charge);
    this.#store = store;
    this.#admit = store.script(admitScript(now));
    this.#refund = store.script(REFUND_SCRIPT);
  }

  async admit(ask: AdmissionRequest): Promise<Admission> {
    const decode = (reply: unknown): Admission => decodeAdmission(reply, ask, this.counterKey);
    // An admission that nobody waits for any more admits nobody. Its line is good enough for the refund, whatever the rest.
    const onLate = (reply: unknown, line: ScriptConnection): void =>
      void Promise.try(() => this.#refundOn(line, decode(reply).receipts)).catch(nothing);
    return decode(await this.#store.run(this.#admit, encodeAdmission(ask, this.counterKey), onLate));
  }

  async refund(receipts: readonly StoreReceipt[]): Promise<void> {
    // A refund that fails leaves the charge: too strict, never too loose.
    await this.#refundOn(this.#store, receipts).catch(nothing);
  }

  async #refundOn(line: ScriptConnection, receipts: readonly StoreReceipt[]): Promise<void> {
    if (receipts.length === 0) return;
    const keys = receipts.map(({ key }) => key);
    const args = receipts.flatMap(({ slice, amount }) => [slice, String(amount)]);
    await line.run(this.#refund, { keys, args });
  }
}

function nothing(): void {
  // There is nothing to do about it.
}
