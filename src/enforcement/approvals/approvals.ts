/** Approvals: a person's one-time yes to exactly one call, bound to agent, tool, arguments as judged and policy. */

import type { StoreFault } from "../store/store.ts";

export const APPROVAL_STATES = ["requested", "approved", "rejected", "expired", "used"] as const;
/** What can become of an approval; the last two end it. */
export type ApprovalState = (typeof APPROVAL_STATES)[number];

/** What is asked for. */
export interface ApprovalRequest {
  /** The principal. */
  readonly agent: string;
  readonly tool: string;
  readonly policyDigest: string;
  /** The pointer of the rule that asks. */
  readonly rule: string;
  readonly args: {
    readonly bytes: number;
    readonly keys: readonly string[];
    /** The tokens as they were judged and are forwarded. */
    readonly text: string;
  };
}

export interface Approval extends Omit<ApprovalRequest, "args"> {
  readonly id: string;
  readonly state: "requested" | "approved" | "rejected";
  readonly args: Omit<ApprovalRequest["args"], "text">;
  /** Milliseconds since the epoch, like all times here. */
  readonly requestedAtMs: number;
  readonly expiresAtMs: number;
  /** Calls that were denied while it waited. */
  readonly calls: number;
  readonly decided?: ApprovalDecision;
}

/** Who decided, and why; their own words, not proof of who they are. */
export interface ApprovalDecision {
  readonly by: string;
  readonly reason?: string;
  readonly atMs: number;
}

/** `granted` is taken by `take`, in the same synchronous step; `full`: no more can wait. */
export type Answer =
  | { readonly state: "waiting" | "rejected"; readonly approval: Approval }
  | { readonly state: "granted"; readonly approval: Approval }
  | { readonly state: "full" };

/** Where the approval of one call stands; a granted one is that call's, and nobody else finds it. `unavailable`: nobody can tell. */
export type ApprovalClaim =
  | { readonly state: "waiting" | "rejected"; readonly approval: Approval }
  | { readonly state: "granted"; readonly approval: Approval; readonly taken: ApprovalUse }
  | { readonly state: "full" }
  | { readonly state: "unavailable"; readonly fault: StoreFault };

export type ApprovalChoice = "approved" | "rejected";
/** `gone`: it never was, was used or has expired. `decided`: somebody was faster. `unavailable`: the store does not answer. */
export type SettleResult =
  | {
      readonly state: "settled";
      readonly approval: Approval;
      /** False when it is in force, and could not be kept for after a restart. */
      readonly isKept: boolean;
    }
  | { readonly state: "gone" | "decided" | "unavailable" };

/** An approval that one call holds. */
export interface ApprovalUse {
  /** The call passes. */
  readonly use: () => void;
  /** The call does not pass after all. */
  readonly release: () => void;
}

/** Where approvals are kept: in this process, which answers at once, or in a store that sidecars share. */
export interface ApprovalService {
  /** Asks for an approval where there is none of exactly this call. @throws ApprovalStoreError */
  readonly claim: (asked: ApprovalRequest, nowMs: number) => ApprovalClaim | Promise<ApprovalClaim>;
  readonly settle: (
    id: string,
    choice: ApprovalChoice,
    decided: ApprovalDecision,
  ) => SettleResult | Promise<SettleResult>;
  /** Those that wait, are granted and not used, or were rejected and not forgotten, oldest first; undefined: nobody can tell. */
  readonly list: (nowMs: number) => readonly Approval[] | Promise<readonly Approval[] | undefined>;
}

/** An approval as it is kept: what it is bound to is a digest. */
export interface StoredApproval {
  readonly binding: string;
  readonly approval: Approval;
}

export interface ApprovalStore {
  readonly initial: readonly StoredApproval[];
  /** Keeps all of them; false when they could not be kept. */
  readonly save: (approvals: readonly StoredApproval[]) => boolean;
}

/** A given approval could not be marked as used where it is kept. */
export class ApprovalStoreError extends Error {
  override readonly name = "ApprovalStoreError";
}

export interface ApprovalsOptions {
  /** How long it waits, and how long it stays usable once approved. */
  readonly ttlMs: number;
  readonly maxInAll: number;
  readonly maxPerAgent: number;
  /** Unguessable: who knows an id of a call of another agent can do nothing with it, yet need not know. */
  readonly newId: () => string;
  /** A digest of at least 128 bits. */
  readonly digest: (text: string) => string;
  readonly onChange: (approval: Approval, state: ApprovalState) => void;
  readonly nowMs: () => number;
  /** Absent: none outlives this process. */
  readonly store?: ApprovalStore;
}

export class Approvals implements ApprovalService {
  readonly #options: ApprovalsOptions;
  /** By what they are bound to. */
  readonly #byBinding = new Map<string, Approval>();
  readonly #bindings = new Map<string, string>();

  constructor(options: ApprovalsOptions) {
    this.#options = options;
    for (const { binding, approval } of options.store?.initial ?? []) this.#keep(binding, approval);
  }

  claim(asked: ApprovalRequest, nowMs: number): ApprovalClaim {
    const answer = this.ask(asked, nowMs);
    if (answer.state !== "granted") return answer;
    // Security: taken in the same synchronous step that found it, so that no second call finds it.
    return { state: "granted", approval: answer.approval, taken: this.take(answer.approval) };
  }

  /** Where the approval of exactly this call stands; asks for one when there is none. */
  ask(asked: ApprovalRequest, nowMs: number): Answer {
    const binding = approvalBinding(asked, this.#options.digest);
    const known = this.#byBinding.get(binding);
    if (known !== undefined && nowMs < known.expiresAtMs) return this.repeat(binding, known);
    this.#forgetExpired(nowMs);
    if (!this.#hasRoom(asked.agent)) return { state: "full" };
    const { args, ...rest } = asked;
    const approval: Approval = {
      ...rest,
      id: this.#options.newId(),
      state: "requested",
      args: { bytes: args.bytes, keys: boundedNames(args.keys) },
      requestedAtMs: nowMs,
      expiresAtMs: nowMs + this.#options.ttlMs,
      calls: 1,
    };
    this.#keep(binding, approval);
    this.#save();
    this.#options.onChange(approval, "requested");
    return { state: "waiting", approval };
  }

  // Security: once; the next call of the same kind asks anew.
  /** Takes a granted approval, so that no other call finds it, also after a restart. @throws ApprovalStoreError */
  take(approval: Approval): ApprovalUse {
    const binding = this.#bindings.get(approval.id);
    if (binding !== undefined) this.#forget(binding, approval);
    if (!this.#save()) {
      if (binding !== undefined) this.#keep(binding, approval);
      throw new ApprovalStoreError("the approval could not be marked as used, so it lets nothing pass");
    }
    return {
      use: () => this.#options.onChange(approval, "used"),
      release: () => {
        if (binding !== undefined) this.release(binding, approval);
      },
    };
  }

  settle(id: string, choice: ApprovalChoice, decided: ApprovalDecision): SettleResult {
    this.#forgetExpired(decided.atMs);
    const binding = this.#bindings.get(id);
    const known = binding === undefined ? undefined : this.#byBinding.get(binding);
    if (binding === undefined || known === undefined) return { state: "gone" };
    if (known.state !== "requested") return { state: "decided" };
    const expiresAtMs = decided.atMs + this.#options.ttlMs;
    const approval: Approval = { ...known, state: choice, expiresAtMs, decided };
    this.#keep(binding, approval);
    const isKept = this.#save();
    this.#options.onChange(approval, choice);
    return { state: "settled", approval, isKept };
  }

  /** Those that wait, are granted and not used, or were rejected and not forgotten; oldest first. */
  list(nowMs: number): readonly Approval[] {
    this.#forgetExpired(nowMs);
    return [...this.#byBinding.values()];
  }

  release(binding: string, approval: Approval): void {
    const { onChange, nowMs } = this.#options;
    if (nowMs() >= approval.expiresAtMs) return onChange(approval, "expired");
    // Another of the same kind may have been asked for in the meantime; one that was decided stands.
    const other = this.#byBinding.get(binding);
    if (other !== undefined && other.state !== "requested") return;
    if (other !== undefined) {
      this.#forget(binding, other);
      onChange(other, "expired");
    }
    this.#keep(binding, approval);
    this.#save();
  }

  repeat(binding: string, known: Approval): Answer {
    switch (known.state) {
      case "approved":
        return { state: "granted", approval: known };
      case "rejected":
        return { state: "rejected", approval: known };
      case "requested": {
        const approval = { ...known, calls: known.calls + 1 };
        this.#byBinding.set(binding, approval);
        return { state: "waiting", approval };
      }
    }
  }

  #keep(binding: string, approval: Approval): void {
    this.#byBinding.set(binding, approval);
    this.#bindings.set(approval.id, binding);
  }

  #save(): boolean {
    const { store } = this.#options;
    if (store === undefined) return true;
    return store.save(Array.from(this.#byBinding, ([binding, approval]) => ({ binding, approval })));
  }

  #hasRoom(agent: string): boolean {
    const { maxInAll, maxPerAgent } = this.#options;
    if (this.#byBinding.size >= maxInAll) return false;
    let own = 0;
    for (const approval of this.#byBinding.values()) if (approval.agent === agent) own += 1;
    return own < maxPerAgent;
  }

  #forgetExpired(nowMs: number): void {
    for (const [binding, approval] of this.#byBinding) {
      if (nowMs < approval.expiresAtMs) continue;
      this.#forget(binding, approval);
      if (approval.state !== "rejected") this.#options.onChange(approval, "expired");
    }
  }

  #forget(binding: string, { id }: Approval): void {
    this.#byBinding.delete(binding);
    this.#bindings.delete(id);
  }
}

// Invariant: as JSON, so that no part of one name can be taken for the beginning of the next.
/** What an approval of this call is bound to. */
export function approvalBinding(
  { agent, tool, policyDigest, args }: ApprovalRequest,
  digest: (text: string) => string,
): string {
  return digest(JSON.stringify([agent, tool, policyDigest, args.text]));
}

const MAX_NAMES = 64;
const MAX_NAME_LENGTH = 256;

/** Names of arguments as a person is shown them: a caller chooses them, so that they have a bound. */
export function boundedNames(names: readonly string[]): readonly string[] {
  const shown = names
    .slice(0, MAX_NAMES)
    .map((name) => (name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH)}…` : name));
  return names.length > MAX_NAMES ? [...shown, `and ${names.length - MAX_NAMES} more`] : shown;
}
