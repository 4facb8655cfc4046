/** Approvals in a store that sidecars share: asked for at one, given at another, and taken by one call of all of them. */

import {
  type Approval,
  type ApprovalService,
  type ApprovalsOptions,
  type ApprovalRequest,
  approvalBinding,
  type ApprovalChoice,
  type ApprovalClaim,
  type ApprovalDecision,
  boundedNames,
  type SettleResult,
  type ApprovalUse,
} from "./approvals.ts";
import { approvalScripts } from "./redis-approvals.lua.ts";
import {
  type ScriptConnection,
  type SharedStore,
  type StoreScript,
  StoreError,
  type StoreFault,
  storeKey,
} from "../store/store.ts";

export interface SharedApprovalsParts extends Omit<ApprovalsOptions, "store" | "nowMs"> {
  readonly store: SharedStore;
  /** The approval that a value of the store is; undefined when it is none, as another version may have written it. */
  readonly read: (value: unknown) => Approval | undefined;
  /** Hears of every call, and every decision of a person, that the store gave no answer to. */
  readonly onFailed: (fault: StoreFault) => void;
  /** The time as the scripts' language says it; the server's own, but in tests. */
  readonly now?: string;
}

/** What the store answered, and the approvals that it has found to be over. */
interface Reply {
  readonly what: string;
  readonly text: string;
  readonly rest: readonly string[];
}

type NamedScripts = Readonly<Record<"claim" | "settle" | "giveBack" | "list", StoreScript>>;

export class SharedApprovals implements ApprovalService {
  readonly #parts: SharedApprovalsParts;
  readonly #keys: string[];
  readonly #scripts: NamedScripts;

  constructor(parts: SharedApprovalsParts) {
    const { store, now } = parts;
    const { claim, settle, release: giveBack, list } = approvalScripts(now);
    this.#parts = parts;
    this.#keys = ["approvals", "approval-ids", "approval-ends", "approval-agents"].map((name) =>
      storeKey(store.scheme, name),
    );
    this.#scripts = {
      claim: store.script(claim),
      settle: store.script(settle),
      giveBack: store.script(giveBack),
      list: store.script(list),
    };
  }

  /** Where the approval of exactly this call stands, taken where it is granted; asks for one where there is none. */
  async claim(asked: ApprovalRequest): Promise<ApprovalClaim> {
    const binding = approvalBinding(asked, this.#parts.digest);
    // Security: what was taken for a call that nobody waits for any more lets none pass, and is given back.
    const onLate = (reply: Reply, line: ScriptConnection): void => {
      if (reply.what === "granted") void this.release(line, binding, reply.text);
    };
    return this.#orUnavailable(async () => {
      const reply = await this.run(this.#scripts.claim, this.#claimArguments(binding, asked), onLate);
      if (reply.what === "full") return { state: "full" };
      const approval = this.#approvalIn(reply.text);
      return this.claimIn(binding, reply, approval);
    });
  }

  settle(id: string, choice: ApprovalChoice, { by, reason }: ApprovalDecision): Promise<SettleResult> {
    const who = JSON.stringify({ by, ...(reason !== undefined && { reason }) });
    return this.#orUnavailable(async () => {
      const args = [id, choice, who, String(this.#parts.ttlMs)];
      const { what, text } = await this.run(this.#scripts.settle, args);
      if (what !== "settled") return { state: what === "gone" ? "gone" : "decided" };
      const approval = this.#approvalIn(text);
      this.#parts.onChange(approval, choice);
      return { state: "settled", approval, isKept: true };
    });
  }

  /** Not counted when the store does not answer: no call was denied for it. */
  async list(): Promise<readonly Approval[] | undefined> {
    const reply = await this.run(this.#scripts.list, []).catch((error: unknown) => {
      if (!(error instanceof StoreError)) throw error;
      return undefined;
    });
    const approvals = reply?.rest.map((text) => this.#read(text)).filter((one) => one !== undefined);
    return approvals?.toSorted(
      (one, other) => one.requestedAtMs - other.requestedAtMs || (one.id < other.id ? -1 : 1),
    );
  }

  claimIn(binding: string, { what, text }: Reply, approval: Approval): ApprovalClaim {
    switch (what) {
      case "granted":
        return { state: "granted", approval, taken: this.approvalUse(binding, text, approval) };
      case "rejected":
        return { state: "rejected", approval };
      case "requested":
        this.#parts.onChange(approval, "requested");
        return { state: "waiting", approval };
      case "waiting":
        return { state: "waiting", approval };
    }
    throw UNEXPECTED_REPLY;
  }

  approvalUse(binding: string, text: string, approval: Approval): ApprovalUse {
    return {
      use: () => this.#parts.onChange(approval, "used"),
      release: () => void this.release(this.#parts.store, binding, text),
    };
  }

  /** One that cannot be given back is lost: too strict, never too loose. */
  async release(line: ScriptConnection, binding: string, text: string): Promise<void> {
    const command = { keys: this.#keys, args: [binding, text] };
    await line
      .run(this.#scripts.giveBack, command)
      .then((reply) => this.parseReply(reply))
      .catch(() => undefined);
  }

  #claimArguments(binding: string, { args, ...rest }: ApprovalRequest): string[] {
    const { store, newId, ttlMs, maxInAll, maxPerAgent } = this.#parts;
    const text = JSON.stringify({ ...rest, args: { bytes: args.bytes, keys: boundedNames(args.keys) } });
    const bounds = [ttlMs, maxInAll, maxPerAgent].map(String);
    return [binding, store.scheme.digest(rest.agent), newId(), text, ...bounds];
  }

  async run(
    script: StoreScript,
    args: string[],
    onLate?: (reply: Reply, line: ScriptConnection) => void,
  ): Promise<Reply> {
    const reply = await this.#parts.store.run(script, { keys: this.#keys, args }, (late, line) =>
      onLate?.(this.parseReply(late), line),
    );
    return this.parseReply(reply);
  }

  /** Reads a reply, and tells of those that are over. */
  parseReply(reply: unknown): Reply {
    const [what = "", text = "", count = "0", ...others] = Array.isArray(reply) ? reply.map(String) : [];
    const ended = others.slice(0, Number(count));
    for (const one of ended.map((each) => this.#read(each))) {
      if (one !== undefined) this.#parts.onChange(one, "expired");
    }
    return { what, text, rest: others.slice(ended.length) };
  }

  async #orUnavailable<T>(work: () => Promise<T>): Promise<T | Unavailable> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#parts.onFailed(error.fault);
      return { state: "unavailable", fault: error.fault };
    }
  }

  #approvalIn(text: string): Approval {
    const approval = this.#read(text);
    if (approval === undefined) throw UNEXPECTED_REPLY;
    return approval;
  }

  #read(text: string): Approval | undefined {
    const record = membersOf(text);
    const decided = record["decided"] === undefined ? undefined : membersOf(record["decided"]);
    return this.#parts.read({
      ...membersOf(record["asked"]),
      id: record["id"],
      state: record["state"],
      requestedAtMs: record["at"],
      expiresAtMs: record["ends"],
      calls: record["calls"],
      ...(decided && { decided: { ...decided, atMs: record["decidedAt"] } }),
    });
  }
}

interface Unavailable {
  readonly state: "unavailable";
  readonly fault: StoreFault;
}

const UNEXPECTED_REPLY = new StoreError("reply", "the limit store holds what is no approval");

/** Of a text that is a JSON object; none of any other. */
function membersOf(text: unknown): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(String(text));
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
