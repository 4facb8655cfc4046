/** Keeps approvals in the memory of this process, and saves them for a restart where it is given a store. */

import {
  type Approval,
  approvalBinding,
  type ApprovalChoice,
  type ApprovalClaim,
  type ApprovalDecision,
  type ApprovalRequest,
  type ApprovalService,
  ApprovalStoreError,
  type ApprovalsOptions,
  askedOf,
  type HeldApproval,
  type SettleResult,
} from "./approval.ts";

/** An approval with the digest that binds it to its call. */
export interface StoredApproval {
  readonly binding: string;
  readonly approval: Approval;
}

export interface ApprovalStore {
  readonly initial: readonly StoredApproval[];
  /** Saves all of them; false when that failed. */
  readonly save: (approvals: readonly StoredApproval[]) => boolean;
}

export interface MemoryApprovalsOptions extends ApprovalsOptions {
  /** Absent: approvals end with this process. */
  readonly store?: ApprovalStore;
}

export class MemoryApprovals implements ApprovalService {
  readonly #options: MemoryApprovalsOptions;
  readonly #byBinding = new Map<string, Approval>();
  /** The binding of each id. */
  readonly #bindings = new Map<string, string>();

  constructor(options: MemoryApprovalsOptions) {
    this.#options = options;
    for (const { binding, approval } of options.store?.initial ?? []) this.#keep(binding, approval);
  }

  claim(request: ApprovalRequest, nowMs: number): ApprovalClaim {
    const binding = approvalBinding(request, this.#options.digest);
    const known = this.#byBinding.get(binding);
    if (known !== undefined && nowMs < known.expiresAtMs) return this.#claimKnown(binding, known);
    this.#forgetExpired(nowMs);
    if (!this.#hasRoom(request.agent)) return { state: "full" };
    const approval: Approval = {
      ...askedOf(request, this.#options),
      id: this.#options.newId(),
      state: "requested",
      requestedAtMs: nowMs,
      expiresAtMs: nowMs + this.#options.ttlMs,
      calls: 1,
    };
    this.#keep(binding, approval);
    this.#save();
    this.#options.onChange(approval, "requested");
    return { state: "waiting", approval };
  }

  settle(id: string, choice: ApprovalChoice, decided: ApprovalDecision): SettleResult {
    this.#forgetExpired(decided.atMs);
    const binding = this.#bindings.get(id);
    const known = binding === undefined ? undefined : this.#byBinding.get(binding);
    if (binding === undefined || known === undefined) return { state: "gone" };
    if (known.state !== "requested") return { state: "decided" };
    const { approvers = 1, ttlMs, onChange } = this.#options;
    const { given = [], values: _values, ...asked } = known;
    if (choice === "approved" && given.some(({ by }) => by === decided.by)) return { state: "same_approver" };
    if (choice === "approved" && given.length + 1 < approvers) {
      const counted = { ...known, given: [...given, decided] };
      this.#keep(binding, counted);
      return { state: "counted", approval: counted, isKept: this.#save() };
    }
    const before = given.length === 0 ? {} : { given };
    const approval = { ...asked, ...before, state: choice, expiresAtMs: decided.atMs + ttlMs, decided };
    this.#keep(binding, approval);
    const isKept = this.#save();
    onChange(approval, choice);
    return { state: "settled", approval, isKept };
  }

  list(nowMs: number): readonly Approval[] {
    this.#forgetExpired(nowMs);
    return [...this.#byBinding.values()];
  }

  #claimKnown(binding: string, known: Approval): ApprovalClaim {
    switch (known.state) {
      case "approved":
        return { state: "granted", approval: known, held: this.#hold(binding, known) };
      case "rejected":
        return { state: "rejected", approval: known };
      case "requested": {
        const approval = { ...known, calls: known.calls + 1 };
        this.#byBinding.set(binding, approval);
        return { state: "waiting", approval };
      }
    }
  }

  // Security: removed in the synchronous step that found it, and saved as removed, so that no second call finds it, not even
  // after a restart.
  #hold(binding: string, approval: Approval): HeldApproval {
    this.#forget(binding, approval);
    if (!this.#save()) {
      this.#keep(binding, approval);
      throw new ApprovalStoreError("the approval could not be marked as used, so it lets nothing pass");
    }
    return {
      use: () => this.#options.onChange(approval, "used"),
      release: () => this.#release(binding, approval),
    };
  }

  #release(binding: string, approval: Approval): void {
    const { onChange, nowMs } = this.#options;
    if (nowMs() >= approval.expiresAtMs) return onChange(approval, "expired");
    // The same call may have requested another approval meanwhile; one that a person has decided stays.
    const other = this.#byBinding.get(binding);
    if (other !== undefined && other.state !== "requested") return;
    if (other !== undefined) {
      this.#forget(binding, other);
      onChange(other, "expired");
    }
    this.#keep(binding, approval);
    this.#save();
  }

  #keep(binding: string, approval: Approval): void {
    this.#byBinding.set(binding, approval);
    this.#bindings.set(approval.id, binding);
  }

  #forget(binding: string, { id }: Approval): void {
    this.#byBinding.delete(binding);
    this.#bindings.delete(id);
  }

  #forgetExpired(nowMs: number): void {
    for (const [binding, approval] of this.#byBinding) {
      if (nowMs < approval.expiresAtMs) continue;
      this.#forget(binding, approval);
      if (approval.state !== "rejected") this.#options.onChange(approval, "expired");
    }
  }

  #save(): boolean {
    const { store } = this.#options;
    if (store === undefined) return true;
    return store.save(Array.from(this.#byBinding, toStored));
  }

  #hasRoom(agent: string): boolean {
    const { maxInAll, maxPerAgent } = this.#options;
    if (this.#byBinding.size >= maxInAll) return false;
    let own = 0;
    for (const approval of this.#byBinding.values()) if (approval.agent === agent) own += 1;
    return own < maxPerAgent;
  }
}

// Security: the values of a call are kept in memory alone.
function toStored([binding, { values: _values, ...approval }]: readonly [string, Approval]): StoredApproval {
  return { binding, approval };
}
