/** Approvals in a store behave as approvals in memory do: the same steps at the same times get the same answers. */

import { createHash, randomUUID } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { readApproval } from "../../src/config/files/control-state.ts";
import type {
  Approval,
  ApprovalService,
  ApprovalsOptions,
  ApprovalRequest,
  HeldApproval,
} from "../../src/enforcement/approvals/approval.ts";
import type { Json } from "../../src/json/json.ts";
import { MemoryApprovals } from "../../src/enforcement/approvals/memory-approvals.ts";
import { SharedApprovals } from "../../src/enforcement/approvals/redis-approvals.ts";
import { shownValues } from "../../src/telemetry/audit/shown-values.ts";
import { openLimits } from "../fixtures/shared-limits.ts";
import { REDIS_NOW, useRedisClock } from "../fixtures/redis-clock.ts";
import { noteFigure } from "../operations/figure.ts";

const START_MS = Date.UTC(2026, 1, 27, 23, 59, 30);
const TTL_MS = 10_000;
const RUNS = Number(process.env["PROPERTY_RUNS"] ?? 300);

const redis = useRedisClock();

const step = fc.record({
  what: fc.constantFrom("claim", "claim", "claim", "approve", "approve", "reject", "giveBack", "use", "list"),
  by: fc.constantFrom("x", "y"),
  agent: fc.constantFrom("a", "b"),
  args: fc.constantFrom("{}", '{"n":1}', '{"n":2}'),
  afterMs: fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(0, 1, 100) },
    { weight: 1, arbitrary: fc.constantFrom(4_000, TTL_MS - 1, TTL_MS) },
  ),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** One approval service and its answers. Ids are replaced by numbers, so that equal services give equal answers. */
class Subject {
  readonly #desk: ApprovalService;
  readonly #taken: HeldApproval[] = [];
  #nowMs = START_MS;
  readonly said: unknown[] = [];

  constructor(approvers: number, open: (options: ApprovalsOptions) => ApprovalService) {
    let ids = 0;
    this.#desk = open({
      ttlMs: TTL_MS,
      maxInAll: 4,
      maxPerAgent: 2,
      approvers,
      show: shownValues,
      newId: () => `id-${(ids += 1)}`,
      digest: (text) => createHash("sha256").update(text).digest("base64"),
      onChange: () => undefined,
      nowMs: () => this.#nowMs,
    });
  }

  async take({ what, agent, args, by }: Step, nowMs: number): Promise<void> {
    this.#nowMs = nowMs;
    const known = (await this.#desk.list(nowMs)) ?? [];
    switch (what) {
      case "claim": {
        const claim = await this.#desk.claim(askedBy(agent, args), nowMs);
        if (claim.state === "granted") this.#taken.push(claim.held);
        const { state } = claim;
        this.said.push([state, "approval" in claim ? summary(claim.approval) : undefined]);
        return;
      }
      case "approve":
      case "reject": {
        const choice = what === "approve" ? "approved" : "rejected";
        const own = known.find((one) => one.agent === agent && (one.args.keys[0] ?? "{}") === args);
        const settled = await this.#desk.settle(own?.id ?? "none", choice, { by, atMs: nowMs });
        this.said.push(settled.state);
        return;
      }
      case "giveBack":
        this.#taken.pop()?.release();
        // The store answers in order: the release has been carried out before the clock, another connection, moves on.
        await this.#desk.list(nowMs);
        return;
      case "use":
        this.#taken.pop()?.use();
        return;
      case "list":
        // Approvals of the same moment have no order.
        this.said.push(known.map((one) => JSON.stringify(summary(one))).toSorted());
    }
  }
}

/** An approval without its id: each request to a store carries a new id, which the store uses only where it needs one. */
function summary({ id: _id, ...approval }: Approval): unknown {
  return Object.entries(approval).toSorted(([one], [other]) => one.localeCompare(other));
}

function askedBy(agent: string, text: string): ApprovalRequest {
  const args = { bytes: text.length, keys: text === "{}" ? [] : [text], text };
  const params = new Map<string, Json>([
    ["name", "t"],
    ["arguments", new Map([["n", text]])],
    ["task", new Map([["ttl", "60"]])],
  ]);
  return { agent, source: "header", tool: "t", policyDigest: "p", rule: "/tools/t/action", args, params };
}

it("grant, refuse, expire and give back as approvals in memory do, step by step", async () => {
  const count = { steps: 0, granted: 0, full: 0, counted: 0 };
  const { store } = await openLimits(redis.url(), { timeoutMs: 10_000 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 30, maxLength: 80 }),
      fc.constantFrom(1, 2),
      async (steps, approvers) => {
        const scheme = { ...store.scheme, prefix: randomUUID() };
        const scoped = { scheme, script: store.script.bind(store), run: store.run.bind(store) };
        const inMemory = new Subject(approvers, (options) => new MemoryApprovals(options));
        const shared = new Subject(
          approvers,
          (options) =>
            new SharedApprovals({
              ...options,
              store: scoped,
              read: readApproval,
              onFailed: (fault) => expect(fault).toBeUndefined(),
              now: REDIS_NOW,
            }),
        );
        let nowMs = START_MS;
        for (const each of steps) {
          nowMs += each.afterMs;
          await redis.setNow(nowMs);
          await inMemory.take(each, nowMs);
          await shared.take(each, nowMs);
        }
        count.steps += steps.length;
        const text = JSON.stringify(inMemory.said);
        count.granted += text.split('"granted"').length - 1;
        count.counted += text.split('"counted"').length - 1;
        count.full += text.split('"full"').length - 1;
        expect(shared.said).toEqual(inMemory.said);
      },
    ),
    { numRuns: RUNS },
  );
  store.close();
  const figure = `${count.steps} steps, ${count.granted} granted, ${count.full} without room, ${count.counted} first of two`;
  noteFigure({
    row: "approvals, memory and store agree",
    figure,
    isMet: Math.min(count.granted, count.full, count.counted) > RUNS / 10,
  });
  expect(Math.min(count.granted, count.full, count.counted)).toBeGreaterThan(RUNS / 10);
}, 300_000);
