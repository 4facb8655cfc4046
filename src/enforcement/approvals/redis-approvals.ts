/** Keeps approvals in the store that sidecars share: requested at one, decided at another, and used by one call of all of them. */

import {
  type Approval,
  type ApprovalService,
  type ApprovalsOptions,
  type ApprovalRequest,
  askedOf,
  approvalBinding,
  type ApprovalChoice,
  type ApprovalClaim,
  type ApprovalDecision,
  type SettleResult,
  type HeldApproval,
} from "./approval.ts";
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
  /** Reads an approval from a value of the store; undefined for any other value, such as one of another version. */
  readonly read: (value: unknown) => Approval | undefined;
  /** Called for each call, and each decision of a person, that the store did not answer. */
  readonly onFailed: (fault: StoreFault) => void;
  /** The time as a Lua expression; absent: the clock of the store. */
  readonly now?: string;
}

/** The reply of a script, without the approvals that it reports as expired. */
interface Reply {
  readonly what: string;
  readonly text: string;
  readonly rest: readonly string[];
}

type NamedScripts = Readonly<Record<"claim" | "settle" | "release" | "list", StoreScript>>;

export class SharedApprovals implements ApprovalService {
  readonly #parts: SharedApprovalsParts;
  readonly #keys: string[];
  readonly #scripts: NamedScripts;

  constructor(parts: SharedApprovalsParts) {
    const { store, now } = parts;
    const { claim, settle, release, list } = approvalScripts(now);
    this.#parts = parts;
    this.#keys = ["approvals", "approval-ids", "approval-ends", "approval-agents"].map((name) =>
      storeKey(store.scheme, name),
    );
    this.#scripts = {
      claim: store.script("approval-claim", claim),
      settle: store.script("approval-settle", settle),
      release: store.script("approval-release", release),
      list: store.script("approval-list", list),
    };
  }

  async claim(request: ApprovalRequest): Promise<ApprovalClaim> {
    const binding = approvalBinding(request, this.#parts.digest);
    // Security: a late grant lets no call pass, since its call has timed out, and is released.
    const onLate = (reply: Reply, connection: ScriptConnection): void => {
      if (reply.what === "granted") void this.#release(connection, binding, reply.text);
    };
    return this.#orUnavailable(async () => {
      const reply = await this.#run(this.#scripts.claim, this.#claimArguments(binding, request), onLate);
      if (reply.what === "full") return { state: "full" };
      const approval = this.#approvalIn(reply.text);
      return this.#claimIn(binding, reply, approval);
    });
  }

  settle(
    id: string,
    choice: ApprovalChoice,
    { atMs: _at, ...rest }: ApprovalDecision,
  ): Promise<SettleResult> {
    const { ttlMs, approvers = 1, onChange } = this.#parts;
    return this.#orUnavailable(async () => {
      const args = [id, choice, JSON.stringify(rest), String(ttlMs), String(approvers), rest.by];
      const { what, text } = await this.#run(this.#scripts.settle, args);
      switch (what) {
        case "gone":
        case "decided":
        case "same_approver":
          return { state: what };
        case "counted":
          return { state: what, approval: this.#approvalIn(text), isKept: true };
        case "settled": {
          const approval = this.#approvalIn(text);
          onChange(approval, choice);
          return { state: what, approval, isKept: true };
        }
      }
      throw UNEXPECTED_REPLY;
    });
  }

  /** A failure is not reported to `onFailed`, since no call is denied for it. */
  async list(): Promise<readonly Approval[] | undefined> {
    const reply = await this.#run(this.#scripts.list, []).catch((error: unknown) => {
      if (!(error instanceof StoreError)) throw error;
      return undefined;
    });
    const approvals = reply?.rest.map((text) => this.#read(text)).filter((one) => one !== undefined);
    return approvals?.toSorted(
      (one, other) => one.requestedAtMs - other.requestedAtMs || (one.id < other.id ? -1 : 1),
    );
  }

  #claimIn(binding: string, { what, text }: Reply, approval: Approval): ApprovalClaim {
    switch (what) {
      case "granted":
        return { state: "granted", approval, held: this.#hold(binding, text, approval) };
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

  #hold(binding: string, text: string, approval: Approval): HeldApproval {
    return {
      use: () => this.#parts.onChange(approval, "used"),
      release: () => void this.#release(this.#parts.store, binding, text),
    };
  }

  /** Security: an approval that cannot be released is lost, so that it never lets a second call pass. */
  async #release(connection: ScriptConnection, binding: string, text: string): Promise<void> {
    const command = { keys: this.#keys, args: [binding, text] };
    await connection
      .run(this.#scripts.release, command)
      .then((reply) => this.#parseReply(reply))
      .catch(() => undefined);
  }

  #claimArguments(binding: string, request: ApprovalRequest): string[] {
    const { store, newId, ttlMs, maxInAll, maxPerAgent } = this.#parts;
    const { values, ...asked } = askedOf(request, this.#parts);
    const bounds = [ttlMs, maxInAll, maxPerAgent].map(String);
    const shown = values === undefined ? "" : JSON.stringify(values);
    return [binding, store.scheme.digest(asked.agent), newId(), JSON.stringify(asked), ...bounds, shown];
  }

  async #run(
    script: StoreScript,
    args: string[],
    onLate?: (reply: Reply, connection: ScriptConnection) => void,
  ): Promise<Reply> {
    const reply = await this.#parts.store.run(script, { keys: this.#keys, args }, (late, connection) =>
      onLate?.(this.#parseReply(late), connection),
    );
    return this.#parseReply(reply);
  }

  /** Parses a reply, and reports the approvals that have expired. */
  #parseReply(reply: unknown): Reply {
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
      ...(record["values"] !== undefined && { values: membersOf(record["values"]) }),
      ...(record["given"] !== undefined && { given: givenIn(record) }),
      ...(decided && { decided: { ...decided, atMs: record["decidedAt"] } }),
    });
  }
}

interface Unavailable {
  readonly state: "unavailable";
  readonly fault: StoreFault;
}

const UNEXPECTED_REPLY = new StoreError("reply", "the limit store holds a value that is not an approval");

/** The approvals that were given before the last one. */
function givenIn({ given, givenAt }: Readonly<Record<string, unknown>>): readonly unknown[] {
  const times: readonly unknown[] = Array.isArray(givenAt) ? givenAt : [];
  return Array.isArray(given) ? given.map((each, index) => ({ ...membersOf(each), atMs: times[index] })) : [];
}

/** The members of a JSON object; empty for any other text. */
function membersOf(text: unknown): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(String(text));
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
