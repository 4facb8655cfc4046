import { createHash } from "node:crypto";
import { assert, constantFrom, integer, property, record, array } from "fast-check";
import { describe, expect, it } from "vitest";
import type {
  Approval,
  ApprovalClaim,
  ApprovalState,
  ApprovalRequest,
} from "../../../src/enforcement/approvals/approval.ts";
import { MemoryApprovals } from "../../../src/enforcement/approvals/memory-approvals.ts";

const ASKED: ApprovalRequest = {
  agent: "batch-runner",
  tool: "StartAHORunBatch",
  policyDigest: "sha256:one",
  rule: "/tools/StartAHORunBatch/action",
  args: { bytes: 9, keys: ["runs"], text: `{"runs":5}` },
};
const TTL_MS = 900_000;
const BY = { by: "on-call", atMs: 10 };

function start(bounds: { maxInAll?: number; maxPerAgent?: number } = {}) {
  const changes: (readonly [ApprovalState, string])[] = [];
  let ids = 0;
  const clock = { nowMs: 0 };
  const approvals = new MemoryApprovals({
    ttlMs: TTL_MS,
    maxInAll: 100,
    maxPerAgent: 100,
    ...bounds,
    newId: () => `a${(ids += 1)}`,
    digest: (text) => createHash("sha256").update(text).digest("hex"),
    onChange: ({ id }, state) => changes.push([state, id]),
    nowMs: () => clock.nowMs,
  });
  return { approvals, changes, clock };
}

function idOf(claim: ApprovalClaim): string {
  if (claim.state === "full" || claim.state === "unavailable") throw new Error("there is no approval");
  return claim.approval.id;
}

/** Uses a granted approval up; undefined when none is granted. */
function use(approvals: MemoryApprovals, request: ApprovalRequest, nowMs: number): Approval | undefined {
  const claim = approvals.claim(request, nowMs);
  if (claim.state !== "granted") return undefined;
  claim.held.use();
  return claim.approval;
}

/** Looks at the state of the approval, and releases it when it is granted. */
function stateOf(approvals: MemoryApprovals, request: ApprovalRequest, nowMs: number): string {
  const claim = approvals.claim(request, nowMs);
  if (claim.state === "granted") claim.held.release();
  return claim.state;
}

describe("an approval", () => {
  it("is asked for once, however often the call comes", () => {
    const { approvals, changes } = start();
    const ids = [1, 2, 3].map((nowMs) => idOf(approvals.claim(ASKED, nowMs)));
    expect(new Set(ids).size).toBe(1);
    expect(changes).toEqual([["requested", ids[0]]]);
    expect(approvals.list(4)).toMatchObject([{ calls: 3, state: "requested", expiresAtMs: 1 + TTL_MS }]);
  });

  it("lets one call pass, and no second", () => {
    const { approvals, changes } = start();
    const id = idOf(approvals.claim(ASKED, 0));
    expect(approvals.settle(id, "approved", BY)).toMatchObject({
      state: "settled",
      approval: { decided: BY },
    });
    expect(use(approvals, ASKED, 20)?.id).toBe(id);
    expect(approvals.claim(ASKED, 21).state).toBe("waiting");
    expect(changes.map(([state]) => state)).toEqual(["requested", "approved", "used", "requested"]);
  });

  it.each([
    ["agent", { agent: "reader" }],
    ["tool", { tool: "StartAHORun" }],
    ["policy", { policyDigest: "sha256:two" }],
    ["argument", { args: { ...ASKED.args, text: `{"runs":6}` } }],
    ["agent and tool that are cut elsewhere", { agent: `batch-runner","StartAHORunBatch`, tool: "" }],
  ])("is worth nothing for another %s", (_what, other) => {
    const { approvals } = start();
    approvals.settle(idOf(approvals.claim(ASKED, 0)), "approved", BY);
    expect(approvals.claim({ ...ASKED, ...other }, 20).state).toBe("waiting");
    expect(approvals.claim(ASKED, 20).state).toBe("granted");
  });

  it("cannot be given after it has expired, nor used", () => {
    const { approvals, changes } = start();
    const late = idOf(approvals.claim(ASKED, 0));
    expect(approvals.settle(late, "approved", { ...BY, atMs: TTL_MS }).state).toBe("gone");
    const unused = idOf(approvals.claim(ASKED, TTL_MS));
    approvals.settle(unused, "approved", { ...BY, atMs: TTL_MS + 5 });
    expect(stateOf(approvals, ASKED, 2 * TTL_MS + 4)).toBe("granted");
    expect(approvals.claim(ASKED, 2 * TTL_MS + 5).state).toBe("waiting");
    expect(changes.filter(([state]) => state === "expired")).toEqual([
      ["expired", late],
      ["expired", unused],
    ]);
  });

  it("is settled once", () => {
    const { approvals } = start();
    const id = idOf(approvals.claim(ASKED, 0));
    approvals.settle(id, "rejected", BY);
    expect(approvals.settle(id, "approved", BY).state).toBe("decided");
    expect(approvals.claim(ASKED, 20).state).toBe("rejected");
    expect(approvals.claim(ASKED, BY.atMs + TTL_MS).state).toBe("waiting");
  });

  it("is not known by an id that was made up", () => {
    expect(start().approvals.settle("a7", "approved", BY).state).toBe("gone");
  });

  it.each([
    ["comes back in place of a request that was made meanwhile", 20, "granted", "expired"],
    ["does not come back when it has expired meanwhile", 10 + TTL_MS, "waiting", "expired"],
  ])("that was not used after all %s", (_claim, nowMs, state, change) => {
    const { approvals, changes, clock } = start();
    approvals.settle(idOf(approvals.claim(ASKED, 0)), "approved", BY);
    const claim = approvals.claim(ASKED, 15);
    approvals.claim(ASKED, 16);
    clock.nowMs = nowMs;
    if (claim.state === "granted") claim.held.release();
    expect(changes.at(-1)?.[0]).toBe(change);
    expect(approvals.claim(ASKED, 20).state).toBe(state);
  });

  it("that was not used after all leaves what a person has decided meanwhile", () => {
    const { approvals } = start();
    approvals.settle(idOf(approvals.claim(ASKED, 0)), "approved", BY);
    const claim = approvals.claim(ASKED, 15);
    approvals.settle(idOf(approvals.claim(ASKED, 16)), "rejected", BY);
    if (claim.state === "granted") claim.held.release();
    expect(approvals.claim(ASKED, 20).state).toBe("rejected");
  });

  it("shows names of arguments within bounds", () => {
    const { approvals } = start();
    const keys = Array.from({ length: 66 }, (_, index) => `${index}`.padStart(300, "n"));
    approvals.claim({ ...ASKED, args: { ...ASKED.args, keys } }, 0);
    const shown = approvals.list(1)[0]?.args.keys ?? [];
    expect([shown.length, shown[0]?.length, shown.at(-1)]).toEqual([65, 257, "and 2 more"]);
  });

  it("cannot be asked for past the bounds, and can again when some have expired", () => {
    const { approvals } = start({ maxInAll: 3, maxPerAgent: 2 });
    const ask = (agent: string, text: string, nowMs: number): string =>
      approvals.claim({ ...ASKED, agent, args: { ...ASKED.args, text } }, nowMs).state;
    expect(["1", "2", "3"].map((text) => ask("a", text, 0))).toEqual(["waiting", "waiting", "full"]);
    expect(["1", "2"].map((text) => ask("b", text, 5))).toEqual(["waiting", "full"]);
    expect(ask("b", "2", TTL_MS)).toBe("waiting");
  });

  it("never lets more calls pass than were approved, whatever happens in whatever order", () => {
    const step = record({
      what: constantFrom("ask", "approve", "reject", "use", "wait"),
      binding: integer({ min: 0, max: 2 }),
      waitMs: constantFrom(1, TTL_MS / 2, TTL_MS),
    });
    assert(
      property(array(step, { maxLength: 60 }), (steps) => {
        const { approvals, clock } = start();
        const passed = [0, 0, 0];
        const approved = [0, 0, 0];
        let nowMs = 0;
        for (const { what, binding, waitMs } of steps) {
          const asked = { ...ASKED, tool: `tool-${binding}` };
          if (what === "wait") clock.nowMs = nowMs += waitMs;
          const known = approvals.list(nowMs).find(({ tool }) => tool === asked.tool);
          if (what === "ask") stateOf(approvals, asked, nowMs);
          if (what === "approve" || what === "reject") {
            const choice = what === "approve" ? "approved" : "rejected";
            const { state } = approvals.settle(known?.id ?? "", choice, { by: "x", atMs: nowMs });
            if (state === "settled" && choice === "approved")
              approved[binding] = (approved[binding] ?? 0) + 1;
          }
          if (what === "use" && use(approvals, asked, nowMs) !== undefined)
            passed[binding] = (passed[binding] ?? 0) + 1;
        }
        expect(passed.every((count, binding) => count <= (approved[binding] ?? 0))).toBe(true);
      }),
    );
  });
});
