/** `/decisions/:id` explains like `tollgate policy explain`; the other admin responses that the console reads. */

import { writeFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import type {
  ActivityResponse,
  DecisionResponse,
  DecisionsResponse,
  LimitsResponse,
  ToolsResponse,
} from "../../src/admin/api.ts";
import { serve, startSidecar } from "../fixtures/lifetime.ts";
import { askAdmin, postForText } from "../fixtures/post.ts";
import { type TestSidecar, until } from "../fixtures/start-sidecar.ts";

const POLICY = {
  version: "1",
  default: "deny",
  tools: {
    pay: {
      category: "execute",
      deny_if: [{ conditions: [{ path: "args.amount", op: "gt", value: 100 }], on_deny: "100 at most" }],
      limits: [{ counter: "payments", window: "day", max: 2, scope: "grant" }],
    },
    drop: { action: "approve" },
  },
};

let sidecar: TestSidecar;
let description: string;

beforeEach(async () => {
  description = "pays";
  const upstream = await serve((body) => {
    const tools = [{ name: "pay", description, inputSchema: { type: "object" } }];
    const result = body.includes('"tools/list"') ? { tools } : { content: [] };
    return JSON.stringify({ jsonrpc: "2.0", id: 1, result });
  });
  sidecar = await startSidecar({ upstream: upstream.url, policy: POLICY });
});

const send = (method: string, params: object = {}) => postForText(sidecar.url, { method, params });
const call = (name: string, args: object = {}) => send("tools/call", { name, arguments: args });

async function read<T>(path: string): Promise<T> {
  const answer: T = JSON.parse(await (await fetch(sidecar.adminUrl + path)).text());
  return answer;
}

async function latest(): Promise<DecisionResponse> {
  const { decisions } = await read<DecisionsResponse>("/decisions?limit=1");
  return read<DecisionResponse>(`/decisions/${decisions[0]?.id}`);
}

describe("a decision explained", () => {
  it("names each condition and its outcome, and contains no argument value", async () => {
    await call("pay", { amount: 98_765 });
    const decision = await latest();
    expect(decision.explanation).toMatchObject({
      steps: [
        { step: "hidden", verdict: "passes" },
        { step: "action", verdict: "passes" },
        { step: "default", verdict: "passes" },
        { step: "/arguments", verdict: "passes" },
        {
          step: "/tools/pay/deny_if/args.amount-gt",
          verdict: "denies",
          conditions: [{ condition: "args.amount gt 100", outcome: "holds" }],
        },
        { step: "/tools/pay/limits/payments-per-day", verdict: "passes" },
      ],
      how_to_allow: [
        "make the call not meet `args.amount gt 100`",
        "or change the rule /tools/pay/deny_if/args.amount-gt",
      ],
      note: null,
    });
    expect(JSON.stringify(decision)).not.toContain("98765");
  });

  it("advises to wait, or to raise the limit, when a limit is full", async () => {
    for (let count = 0; count < 3; count += 1) await call("pay", { amount: 1 });
    const { denial, explanation } = await latest();
    expect(denial).toMatchObject({ reason: "rate_limited", limit: { counter: "payments", used: 2, max: 2 } });
    expect(explanation.how_to_allow).toEqual([
      expect.stringMatching(/^wait \d+ s: the limit was full$/),
      'or raise "max" of /tools/pay/limits/payments-per-day',
    ]);
  });

  it("advises to ask a person for approval of this call", async () => {
    await call("drop");
    expect((await latest()).explanation.how_to_allow[0]).toBe(
      "have a person approve this very call, arguments and all",
    );
  });

  it("advises to lift the freeze", async () => {
    await askAdmin(`${sidecar.adminUrl}/freeze`, { by: "x" });
    await call("pay");
    expect((await latest()).explanation.how_to_allow).toEqual(["have an operator lift the freeze"]);
  });

  it("has no steps for a call whose arguments were too long to be kept", async () => {
    await call("pay", { amount: 1, note: "x".repeat(10_000) });
    expect((await latest()).explanation).toEqual({
      steps: null,
      how_to_allow: [],
      note: "the call was too long to be remembered whole",
    });
  });

  it("has no steps after the policy that decided was replaced", async () => {
    await call("pay", { amount: 1 });
    const { file } = await read<{ file: string }>("/policy");
    writeFileSync(file, JSON.stringify({ version: "1", default: "allow" }));
    sidecar.reload();
    expect((await latest()).explanation).toMatchObject({
      steps: null,
      note: "the policy that decided is no longer in force",
    });
  });
});

describe("the data for the console", () => {
  it("includes the calls of the last hour by agent and tool", async () => {
    await call("pay", { amount: 1 });
    await call("pay", { amount: 101 });
    await call("no-such-tool");
    const { server, pairs, minutes } = await read<ActivityResponse>("/activity");
    expect(server).toBe("test");
    expect(pairs).toEqual([
      { agent: "anonymous", tool: "pay", category: "execute", calls: 2, denied: 1, wouldDeny: 0, failed: 0 },
      {
        agent: "anonymous",
        tool: "_unknown",
        category: "unknown",
        calls: 1,
        denied: 1,
        wouldDeny: 0,
        failed: 0,
      },
    ]);
    expect(minutes.reduce((sum, { calls }) => sum + calls, 0)).toBe(3);
  });

  it("includes the usage of each limit", async () => {
    await call("pay", { amount: 1 });
    expect(await read<LimitsResponse>("/limits")).toEqual({
      keys: 1,
      limits: [
        {
          tool: "pay",
          counter: "payments",
          scope: "agent",
          ratio: 0.5,
          used: 1,
          max: 2,
          rule: "/tools/pay/limits/payments-per-day",
        },
      ],
    });
  });

  it("includes the tools that have changed since they were first listed", async () => {
    await send("tools/list");
    description = "pays twice";
    await send("tools/list");
    await until(async () => (await read<ToolsResponse>("/tools")).tools[0]?.changed.length === 1);
    expect((await read<ToolsResponse>("/tools")).tools).toMatchObject([
      { name: "pay", changed: ["description"], pin_broken: false, covered: true },
    ]);
  });
});
