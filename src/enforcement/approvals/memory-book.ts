/** The operations of approvals for a store in memory: those of `redis-approvals.lua.ts`, with the same replies. */

import type { MemoryOperation, MemoryValues } from "../store/memory-store.ts";

/** As the script keeps it; `asked`, `values`, `decided` and `given` are texts that no operation reads. */
interface BookRecord {
  readonly id: string;
  readonly state: string;
  readonly asked: string;
  /** Digest. */
  readonly agent: string;
  readonly at: number;
  readonly ends: number;
  readonly calls: number;
  readonly values?: string | undefined;
  readonly decided?: string;
  readonly decidedAt?: number;
  readonly givenBy?: readonly string[];
  readonly given?: readonly string[];
  readonly givenAt?: readonly number[];
}

/** Records by binding. */
class ApprovalBook {
  readonly records = new Map<string, BookRecord>();

  ofId(id: string): readonly [binding: string, record: BookRecord] | undefined {
    for (const entry of this.records) if (entry[1].id === id) return entry;
    return undefined;
  }

  countOf(agent: string): number {
    let count = 0;
    for (const record of this.records.values()) if (record.agent === agent) count += 1;
    return count;
  }

  /** Removes the records that have ended, and returns those that were not rejected. */
  takeEnded(nowMs: number): string[] {
    const ended: string[] = [];
    for (const [binding, record] of this.records) {
      if (record.ends > nowMs) continue;
      this.records.delete(binding);
      if (record.state !== "rejected") ended.push(textOf(record));
    }
    return ended;
  }
}

type Reply = readonly [what: string, text?: string, rest?: readonly string[]];

/** One operation on the book, after the records that have ended are removed. */
function onBook(
  work: (
    book: ApprovalBook,
    args: readonly string[],
    now: { readonly ms: number; readonly ended: string[] },
  ) => Reply,
): MemoryOperation {
  return (values, { keys: [key = ""], args }, nowMs) => {
    const book = bookOf(values, key);
    const ended = book.takeEnded(nowMs);
    const [what, text = "", rest = []] = work(book, args, { ms: nowMs, ended });
    return [what, text, String(ended.length), ...ended, ...rest];
  };
}

function bookOf(values: MemoryValues, key: string): ApprovalBook {
  return values.use(key, ApprovalBook);
}

export const claimInMemory = onBook((book, args, { ms }) => {
  const [binding = "", agent = "", id = "", asked = "", life, maxInAll, maxPerAgent, values = ""] = args;
  const known = book.records.get(binding);
  if (known?.state === "approved") {
    // Invariant: removed by the operation that answers `granted`, so that no second one can.
    book.records.delete(binding);
    return ["granted", textOf(known)];
  }
  if (known?.state === "rejected") return ["rejected", textOf(known)];
  if (known !== undefined) return ["waiting", put(book, binding, { ...known, calls: known.calls + 1 })];
  if (book.records.size >= Number(maxInAll) || book.countOf(agent) >= Number(maxPerAgent)) return ["full"];
  const record = { id, state: "requested", asked, agent, at: ms, ends: ms + Number(life), calls: 1 };
  return ["requested", put(book, binding, { ...record, ...(values !== "" && { values }) })];
});

export const settleInMemory = onBook((book, args, { ms }) => {
  const [id = "", choice = "", decided = "", life, approvers, by = ""] = args;
  const [binding, record] = book.ofId(id) ?? [];
  if (binding === undefined || record === undefined) return ["gone"];
  if (record.state !== "requested") return ["decided"];
  const { givenBy = [], given = [], givenAt = [] } = record;
  if (choice === "approved" && givenBy.includes(by)) return ["same_approver"];
  if (choice === "approved" && givenBy.length + 1 < Number(approvers)) {
    const counted = { givenBy: [...givenBy, by], given: [...given, decided], givenAt: [...givenAt, ms] };
    return ["counted", put(book, binding, { ...record, ...counted })];
  }
  const settled = { ...record, values: undefined, state: choice, decided, decidedAt: ms };
  return ["settled", put(book, binding, { ...settled, ends: ms + Number(life) })];
});

export const releaseInMemory = onBook((book, [binding = "", text = ""], { ms, ended }) => {
  const record = recordIn(text);
  if (record === undefined || record.ends <= ms) {
    ended.push(text);
    return ["over"];
  }
  const young = book.records.get(binding);
  if (young !== undefined && young.state !== "requested") return ["decided"];
  if (young !== undefined) ended.push(textOf(young));
  return ["kept", put(book, binding, record)];
});

export const listInMemory = onBook((book) => ["list", "", Array.from(book.records.values(), textOf)]);

function put(book: ApprovalBook, binding: string, record: BookRecord): string {
  book.records.set(binding, record);
  return textOf(record);
}

function textOf(record: BookRecord): string {
  return JSON.stringify(record);
}

/** The record of a text that `textOf` wrote; undefined for any other text. */
function recordIn(text: string): BookRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is BookRecord {
  if (typeof value !== "object" || value === null) return false;
  const { id, state, ends, agent } = {
    id: undefined,
    state: undefined,
    ends: undefined,
    agent: undefined,
    ...value,
  };
  return [id, state, agent].every((each) => typeof each === "string") && typeof ends === "number";
}
