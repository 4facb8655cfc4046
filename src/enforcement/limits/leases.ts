/** Renews the leases of this sidecar's calls in flight at the store, until each call ends. */

import type { StoreReceipt } from "./limit-store.ts";

/** A lease that is not renewed for this long has ended: its sidecar is gone. */
export const LEASE_MS = 15_000;
/** Leases that one run of the script renews. */
const MAX_RENEWED = 500;

export interface LeasesOptions {
  readonly durationMs: number;
  /** Never rejects: a renewal that failed is tried again with the next one. */
  readonly renew: (leases: readonly StoreReceipt[]) => Promise<void>;
}

export class Leases {
  readonly #options: LeasesOptions;
  readonly #held = new Set<StoreReceipt>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LeasesOptions) {
    this.#options = options;
  }

  /** Renews these leases from now on; receipts of other charges are left out. */
  hold(receipts: readonly StoreReceipt[]): void {
    for (const receipt of receipts) if (receipt.isInFlight) this.#held.add(receipt);
    if (this.#held.size === 0 || this.#timer !== undefined) return;
    this.#timer = setInterval(() => void this.#renewAll(), this.#options.durationMs / 3).unref();
  }

  /** Renews these leases no longer. */
  drop(receipts: readonly StoreReceipt[]): void {
    for (const receipt of receipts) this.#held.delete(receipt);
    if (this.#held.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #renewAll(): Promise<void> {
    const held = Array.from(this.#held);
    for (let start = 0; start < held.length; start += MAX_RENEWED) {
      // A call may have ended while an earlier part was renewed.
      const due = held.slice(start, start + MAX_RENEWED).filter((lease) => this.#held.has(lease));
      if (due.length > 0) await this.#options.renew(due);
    }
  }
}
