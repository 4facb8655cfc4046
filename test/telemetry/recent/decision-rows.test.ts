/** Decisions as rows outside the heap: they read as the same decisions on the heap do, for any of them. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DecisionRecord, Ending } from "../../../src/enforcement/observer.ts";
import { AGENT_SOURCES, type Request } from "../../../src/enforcement/request.ts";
import { OUTCOMES } from "../../../src/mcp/vocabulary.ts";
import { CATEGORIES } from "../../../src/policy/category/category.ts";
import { REASONS } from "../../../src/policy/mode.ts";
import { createDecisions, type Decisions } from "../../../src/telemetry/recent/decision-buffer.ts";
import { matchesFilter } from "../../../src/telemetry/recent/decision-filter.ts";
import { ALLOWED, denied, exampleCharge, exampleRequest, exampleTool, latest, observe } from "../examples.ts";
import { HeapRing } from "./heap-ring.ts";

/** Every text of JavaScript, lone surrogates included; some of them long, some shared by many. */
const TEXT = fc.oneof(
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
  fc.string({ unit: "binary", minLength: 90, maxLength: 700 }),
  fc.constantFrom(
    "",
    "a",
    "planner",
    "\ud800",
    "x".repeat(96),
    "x".repeat(97),
    "é".repeat(256),
    "y".repeat(9_000),
  ),
);
const AMOUNT = fc.double({ noNaN: true });
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const REQUEST = fc.record({
  receivedAtMs: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  method: TEXT,
  tool: optional(
    fc.record({
      name: TEXT,
      isKnown: fc.boolean(),
      category: fc.record(
        {
          category: fc.constantFrom(...CATEGORIES),
          source: fc.constantFrom("policy" as const, "annotations" as const, "heuristic" as const),
          confidence: fc.double({ min: 0, max: 1, noNaN: true }),
          reason: TEXT,
        },
        { requiredKeys: ["category", "source", "confidence"] },
      ),
    }),
  ),
  agent: fc.record(
    { name: TEXT, source: fc.constantFrom(...AGENT_SOURCES), verified: fc.boolean(), user: TEXT },
    { requiredKeys: ["name", "source", "verified"] },
  ),
  address: optional(TEXT),
  client: optional(fc.record({ name: TEXT, version: TEXT })),
  transport: fc.constantFrom("http" as const, "stdio" as const),
  bytes: fc.constantFrom(10, 8_192, 8_193),
  args: optional(
    fc.record({ bytes: fc.nat(), keys: fc.array(TEXT, { maxLength: 70, size: "medium" }), text: TEXT }),
  ),
}) satisfies fc.Arbitrary<Partial<Request>>;

const DENIAL = fc.record(
  {
    effect: fc.constantFrom("deny" as const, "ask" as const),
    reason: fc.constantFrom(...REASONS),
    rule: TEXT,
    message: TEXT,
    condition: TEXT,
    retryAfterMs: fc.nat(),
    limit: fc.record({ counter: TEXT, used: fc.nat(), max: fc.nat() }),
    mode: fc.constantFrom("enforce" as const, "shadow" as const),
  },
  { requiredKeys: ["effect", "reason", "rule", "mode"] },
);

const RECORD: fc.Arbitrary<DecisionRecord> = fc.record(
  {
    decision: fc.record(
      {
        denial: DENIAL,
        charges: fc.array(
          fc.tuple(TEXT, TEXT, AMOUNT).map((parts) => exampleCharge(...parts)),
          { maxLength: 3 },
        ),
        unevaluable: fc.array(fc.record({ rule: TEXT, cause: fc.constantFrom("missing" as const) }), {
          maxLength: 2,
        }),
        arguments: fc.record({
          check: fc.constantFrom("observe" as const, "validate" as const),
          cause: fc.constantFrom("invalid" as const),
          path: TEXT,
          text: TEXT,
        }),
      },
      { requiredKeys: ["charges", "unevaluable"] },
    ),
    policyDigest: TEXT,
    approval: TEXT,
  },
  { requiredKeys: ["decision", "policyDigest"] },
);

const ENDING: fc.Arbitrary<Ending> = fc.record({
  outcome: fc.constantFrom(...OUTCOMES),
  totalMs: AMOUNT,
  resultBytes: fc.nat(),
});

/** One call; it ends after so many further calls, or never. */
const CALL = fc.record({
  request: REQUEST,
  record: RECORD,
  ending: ENDING,
  endsAfter: optional(fc.nat(5)),
  traceId: optional(TEXT),
  captured: optional(fc.dictionary(TEXT, TEXT, { maxKeys: 3 })),
});
type Call = typeof CALL extends fc.Arbitrary<infer T> ? T : never;

/** Puts the calls through both rings. */
function compare(calls: readonly Call[], capacity: number): void {
  const made = calls.map((call) => ({ ...call, request: exampleRequest(call.request) }));
  const callOf = new Map(made.map((call) => [call.request, call]));
  const options = {
    capacity,
    traceIdOf: (request: Request) => callOf.get(request)?.traceId,
    capture: (request: Request) => {
      const values = callOf.get(request)?.captured;
      return values && { values, types: {} };
    },
  };
  const heap = new HeapRing(options);
  const rows = createDecisions(options);
  const published: unknown[] = [];
  rows.subscribe((entry) => published.push(entry));
  for (const [now, { request, record }] of made.entries()) {
    heap.decided(request, record);
    rows.observer.requestDecided?.(request, record);
    const ends = made.filter(({ endsAfter = Infinity }, at) => at <= now && at + endsAfter === now);
    for (const end of ends) {
      heap.ended(end.request, end.ending, end.record);
      rows.observer.requestEnded?.(end.request, end.ending, end.record);
    }
  }
  const entries = heap.entries();
  expect(all(rows)).toEqual(entries);
  expect(published).toEqual(heap.published);
  for (const { request } of made)
    expect(rows.get(request.id)).toEqual(entries.find(({ id }) => id === request.id));
  for (const { agent, user, tool, category, effect, denial } of entries.slice(0, 5)) {
    const all: object = {
      agent: agent.name,
      user,
      tool,
      category: category?.category,
      effect,
      reason: denial?.reason,
    };
    const filters = Object.entries(all).map(([name, value]) =>
      value === undefined ? {} : { [name]: value },
    );
    for (const filter of filters)
      expect(latest(rows, 1_000, filter)).toEqual(entries.filter((entry) => matchesFilter(filter, entry)));
  }
}

function proofOfNothing() {
  return { claims: new Map<string, never>() };
}

function all(decisions: Decisions) {
  return latest(decisions, 1_000_000);
}

describe("rows of decisions", () => {
  it("read, match and are published as the same decisions on the heap", () => {
    fc.assert(
      fc.property(fc.array(CALL, { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 6 }), compare),
      { numRuns: 100 },
    );
  });

  it("are dropped from the oldest on when their bytes are used up", () => {
    const decisions = createDecisions({ capacity: 1_000 });
    const keys = Array.from({ length: 64 }, (_, at) => `${at}`.padEnd(256, "é"));
    const requests = Array.from({ length: 500 }, () =>
      exampleRequest({ args: { bytes: 1, keys, text: "{}" } }),
    );
    for (const request of requests) observe(decisions.observer, request);
    const entries = all(decisions);
    expect(entries.length).toBeGreaterThan(100);
    expect(entries.length).toBeLessThan(150);
    expect(entries.map(({ id }) => id)).toEqual(
      requests
        .slice(-entries.length)
        .map(({ id }) => id)
        .toReversed(),
    );
    expect(entries.at(-1)?.argumentNames).toEqual(keys);
    expect(decisions.get(requests[0]?.id ?? "")).toBeUndefined();
  });

  it("keep the words of a policy that is no longer in force", () => {
    const decisions = createDecisions({ capacity: 10_000 });
    const digests = Array.from({ length: 9_000 }, (_, at) => `sha256:${at}`);
    for (const policyDigest of digests)
      observe(decisions.observer, exampleRequest(), { ...ALLOWED, policyDigest });
    expect(all(decisions).map(({ policyDigest }) => policyDigest)).toEqual(digests.toReversed());
  });

  it("hold 100,000 ordinary decisions in 64 MB, and find any of them", () => {
    const decisions = createDecisions({ capacity: 100_000 });
    const before = process.memoryUsage().arrayBuffers;
    const tool = exampleTool("StartAHORunBatch", {
      category: {
        category: "execute",
        source: "heuristic",
        confidence: 0.93,
        reason: "the name begins with Start",
      },
    });
    const args = {
      bytes: 70,
      keys: ["workflowId", "runName"],
      text: '{"workflowId":"wf-1234567","runName":"a-run-of-the-night"}',
    };
    const client = { name: "claude-code", version: "2.1.14" };
    const charges = ["a", "b", "c"].map((counter) =>
      exampleCharge(counter, `/tools/StartAHORunBatch/limits/${counter}`, 1),
    );
    const record = {
      ...ALLOWED,
      decision: { charges, unevaluable: [] },
      policyDigest: `sha256:${"a".repeat(64)}`,
    };
    const made: string[] = [];
    for (let count = 0; count < 100_000; count += 1) {
      const agent = {
        name: `planner-${count % 200}`,
        source: "jwt" as const,
        verified: true,
        user: "someone@example.com",
      };
      const request = exampleRequest({ tool, agent, args, client, address: "10.244.1.17" });
      observe(decisions.observer, request, count % 10 === 0 ? denied() : record);
      if (count % 9_999 === 0) made.push(request.id);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64_000_000);
    for (const id of made) expect(decisions.get(id)?.id).toBe(id);
    const filter = { agent: "planner-7" };
    expect(latest(decisions, 1_000, filter)).toHaveLength(500);
  });
});

describe("a search", () => {
  it("goes on before a decision, within a range of times", () => {
    const decisions = createDecisions({ capacity: 100 });
    const requests = Array.from({ length: 30 }, (_, at) => exampleRequest({ receivedAtMs: at * 1_000 }));
    for (const request of requests) observe(decisions.observer, request);
    const search = (query: object) =>
      [...decisions.search({ limit: 100, ...query })].flat().map(({ id }) => id);
    const ids = requests.map(({ id }) => id).toReversed();
    expect(search({ limit: 10 })).toEqual(ids.slice(0, 10));
    expect(search({ limit: 10, before: ids[9] })).toEqual(ids.slice(10, 20));
    expect(search({ before: "another" })).toEqual([]);
    expect(search({ sinceMs: 5_000, untilMs: 8_000 })).toEqual([
      requests[7]?.id,
      requests[6]?.id,
      requests[5]?.id,
    ]);
  });

  it("ends where newer decisions overwrite those that it has not read", () => {
    const decisions = createDecisions({ capacity: 200 });
    const observeMany = (): void => {
      for (let count = 0; count < 150; count += 1) observe(decisions.observer, exampleRequest());
    };
    observeMany();
    const search = decisions.search({ limit: 1_000 })[Symbol.iterator]();
    expect(search.next().value).toHaveLength(100);
    observeMany();
    expect([...{ [Symbol.iterator]: () => search }].flat()).toHaveLength(0);
  });
});

describe("the call of a decision", () => {
  it("has its arguments and its caller with claims, until newer ones take their place", () => {
    const decisions = createDecisions({ capacity: 2_000 });
    const proof = proofOfNothing;
    const args = { bytes: 9, keys: ["a"], text: '{"a":"é"}' };
    const agent = { name: "planner", source: "jwt" as const, verified: true, user: "ana", proof };
    const request = exampleRequest({ args, agent, address: "::1" });
    observe(decisions.observer, request);
    expect(decisions.decidedCall(request.id)).toEqual({
      tool: { name: "ExecuteQuery", category: request.tool?.category },
      caller: {
        agent: "planner",
        source: "jwt",
        user: "ana",
        address: "::1",
        nowMs: request.receivedAtMs,
        proof,
      },
      args: { text: args.text },
      effect: "allow",
      policyDigest: "sha256:abc",
    });
    for (let count = 0; count < 1_000; count += 1)
      observe(
        decisions.observer,
        exampleRequest({ agent: { ...agent, proof: () => ({ claims: new Map() }) } }),
      );
    expect(decisions.decidedCall(request.id)?.args).toBe("forgotten");
  });

  it("has no arguments when the message was long, or when the texts of newer ones took their place", () => {
    const decisions = createDecisions({ capacity: 2_000 });
    const long = exampleRequest({ bytes: 8_193, args: { bytes: 2, keys: [], text: "{}" } });
    const named = exampleRequest({
      tool: exampleTool("x".repeat(257)),
      args: { bytes: 2, keys: [], text: "{}" },
    });
    const early = exampleRequest({ args: { bytes: 2, keys: [], text: "{}" } });
    const without = exampleRequest();
    for (const request of [long, named, early, without]) observe(decisions.observer, request);
    expect([long, named, early, without].map(({ id }) => decisions.decidedCall(id)?.args)).toEqual([
      "forgotten",
      "forgotten",
      { text: "{}" },
      undefined,
    ]);
    const args = { bytes: 8_000, keys: [], text: "x".repeat(8_000) };
    for (let count = 0; count < 1_100; count += 1) observe(decisions.observer, exampleRequest({ args }));
    expect(decisions.decidedCall(early.id)?.args).toBe("forgotten");
    expect(decisions.decidedCall("another")).toBeUndefined();
  });
});
