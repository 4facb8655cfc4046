import { beforeEach, describe, expect, it } from "vitest";
import { runApprovals } from "../../src/commands/control/approvals.ts";
import { runFreeze } from "../../src/commands/control/freeze.ts";
import { captureIo } from "../fixtures/capture-io.ts";
import { serve, startSidecar } from "../fixtures/lifetime.ts";
import { EMPTY_RESULT } from "../fixtures/loopback-server.ts";
import { toolCall } from "../fixtures/open-loop.ts";
import { askAdmin, postForText } from "../fixtures/post.ts";
import { AGENT_HEADER, type TestSidecar } from "../fixtures/start-sidecar.ts";

const POLICY = {
  version: "1",
  default: "allow",
  tools: {
    drop: { action: "approve", reason: "say which table, and why" },
    read: {},
    once: { action: "approve", limits: [{ counter: "n", window: "day", max: 1, scope: "grant" }] },
  },
};

let sidecar: TestSidecar;
let executed: string[];
let nowMs: number;

beforeEach(async () => {
  executed = [];
  nowMs = Date.parse("2026-03-01T12:00:00Z");
  const upstream = await serve((body) => {
    executed.push(body);
    return EMPTY_RESULT;
  });
  sidecar = await startSidecar({
    upstream: upstream.url,
    policy: POLICY,
    settings: AGENT_HEADER,
    clock: { wallMs: () => nowMs, steadyMs: () => performance.now() },
  });
});

interface Denied {
  readonly content: readonly { readonly text: string }[];
  readonly _meta: { readonly "dev.tollgate/decision": Record<string, string> };
}

/** The denial; undefined when the call was allowed. */
async function call(tool: string, args: object = {}, agent = "a"): Promise<Denied | undefined> {
  const text = await postForText(sidecar.url, toolCall(tool, args), { "x-agent-id": agent });
  const { result }: { result: Denied & { isError?: boolean } } = JSON.parse(text);
  return result.isError === true ? result : undefined;
}

function decisionOf(denied: Denied | undefined): Record<string, string> {
  return denied?.["_meta"]["dev.tollgate/decision"] ?? {};
}

async function admin(path: string, body?: object): Promise<[number, Record<string, unknown>]> {
  const response = await askAdmin(sidecar.adminUrl + path, body);
  return [response.status, response.body];
}

async function command(run: "approvals" | "freeze" | "unfreeze", ...argv: string[]) {
  const args = argv.includes("--help") ? argv : [...argv, "--admin", sidecar.adminUrl, "--by", "on-call"];
  const { code, stdout, stderr } = await captureIo((io) =>
    run === "approvals"
      ? runApprovals(args, { ...io, environment: {} })
      : runFreeze(run, args, { ...io, environment: {} }),
  );
  return { code, out: stdout, problem: stderr };
}

describe("a call that needs approval", () => {
  it("of a caller without proof is shown with the client that it claims to be, marked as unproven", async () => {
    const modern = {
      _meta: {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { name: "nightly-batch", version: "2.1" },
        "io.modelcontextprotocol/clientCapabilities": {},
      },
    };
    const body = {
      id: 1,
      method: "tools/call",
      params: { name: "drop", arguments: { table: "t" }, ...modern },
    };
    await postForText(sidecar.url, body);
    expect(await admin("/approvals")).toMatchObject([
      200,
      { approvals: [{ agent: "anonymous", claimed_client: "nightly-batch 2.1" }] },
    ]);
    expect((await command("approvals", "list")).out).toContain(
      "anonymous (claims to be nightly-batch 2.1, unproven) -> drop",
    );
  });

  it("of a verified caller is shown without a claim", async () => {
    await call("drop", { table: "t" });
    const [, { approvals }] = await admin("/approvals");
    expect(JSON.stringify(approvals)).not.toContain("claimed_client");
  });

  it("is denied with an id, passes once after a person approved it, and the audit log names that person", async () => {
    const denied = await call("drop", { table: "t" });
    const { approval_id: id = "", ...decision } = decisionOf(denied);
    expect(decision).toMatchObject({ effect: "ask", reason: "approval_required", retryable: true });
    expect(denied?.content[0]?.text).toContain(
      `say which table, and why. Rule: /tools/drop/action. Approval: ${id}. Ask`,
    );
    const listed = await command("approvals", "list");
    expect(listed.out).toContain(
      `${id}  waits  a -> drop\n  arguments: table (13 bytes)\n    args.table: "t"\n  agent proven by: header\n`,
    );
    expect(await command("approvals", "approve", id, "--reason", "is a copy")).toMatchObject({ code: 0 });
    expect(executed).toEqual([]);
    expect(await call("drop", { table: "t" })).toBeUndefined();
    expect(decisionOf(await call("drop", { table: "t" }))["reason"]).toBe("approval_required");
    expect(executed).toHaveLength(1);
    const [asked, control, passed] = sidecar.audit();
    expect([asked, control, passed]).toMatchObject([
      { effect: "ask", approval: id },
      {
        control: { action: "approve", by: "on-call", reason: "is a copy" },
        agent: { name: "a" },
        tool: "drop",
        approval: id,
      },
      { effect: "allow", approval: id },
    ]);
    expect(await sidecar.metric("tollgate_approvals_total", { state: "used" })).toBe(1);
    expect(await sidecar.metric("tollgate_approvals_pending")).toBe(1);
  });

  it("passes exactly once in a thousand concurrent retries", async () => {
    const { approval_id: id } = decisionOf(await call("drop"));
    await admin(`/approvals/${id}/approve`, { by: "x" });
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => call("drop")));
    expect(answers.filter((denied) => denied === undefined)).toHaveLength(1);
    expect(executed).toHaveLength(1);
  });

  it.each([
    ["arguments", "drop", { table: "u" }, "a"],
    ["arguments in another order", "drop", { b: 1, table: "t" }, "a"],
    ["agent", "drop", { table: "t", b: 1 }, "b"],
    ["tool", "once", { table: "t", b: 1 }, "a"],
  ])("does not pass with an approval for other %s", async (_what, tool, args, agent) => {
    const { approval_id: id } = decisionOf(await call("drop", { table: "t", b: 1 }));
    await admin(`/approvals/${id}/approve`, { by: "x" });
    expect(decisionOf(await call(tool, args, agent))["reason"]).toBe("approval_required");
    expect(executed).toEqual([]);
  });

  it("does not pass when the approval has expired", async () => {
    const { approval_id: id } = decisionOf(await call("drop"));
    await admin(`/approvals/${id}/approve`, { by: "x" });
    nowMs += 900_000;
    expect(decisionOf(await call("drop"))["approval_id"]).not.toBe(id);
    expect(executed).toEqual([]);
  });

  it("is denied as rejected after a person rejected it", async () => {
    const { approval_id: id = "" } = decisionOf(await call("drop"));
    expect(await command("approvals", "reject", id)).toMatchObject({ code: 0, out: "rejected\n" });
    expect(decisionOf(await call("drop"))).toMatchObject({ reason: "approval_rejected", retryable: false });
    expect(await admin(`/approvals/${id}/approve`, { by: "x" })).toMatchObject([409, {}]);
  });

  it("keeps its approval when a limit denies it after the approval", async () => {
    for (const day of [0, 0, 1]) {
      nowMs += day * 86_400_000;
      const { approval_id: id } = decisionOf(await call("once"));
      if (id !== undefined) await admin(`/approvals/${id}/approve`, { by: "x" });
      await call("once");
    }
    expect(executed).toHaveLength(2);
  });
});

describe("the kill switch", () => {
  it.each([
    [["--agent", "a"], "a's calls", [true, true, false, false]],
    [["--tool", "read"], "every agent's calls of read", [true, false, true, false]],
    [["--agent", "a", "--tool", "read"], "a's calls of read", [true, false, false, false]],
    [[], "every call", [true, true, true, true]],
  ])("stops %j", async (argv, words, stopped) => {
    expect((await command("freeze", ...argv, "--reason", "runaway")).out).toBe(`frozen: ${words}\n`);
    const calls = [call("read"), call("other"), call("read", {}, "b"), call("other", {}, "b")];
    const denials = await Promise.all(calls);
    expect(denials.map((denied) => denied !== undefined)).toEqual(stopped);
    expect(denials[0]?.content[0]?.text).toContain("[POLICY DENIED] runaway. Rule: (frozen).");
    expect(await command("unfreeze", ...argv)).toMatchObject({
      code: 0,
      out: `no longer frozen: ${words}\n`,
    });
    expect(await call("read")).toBeUndefined();
  });

  it("says which freezes stay in force after one is lifted", async () => {
    for (const argv of [[], ["--agent", "a"], ["--agent", "b", "--tool", "read"]])
      await command("freeze", ...argv);
    expect((await command("unfreeze", "--agent", "a")).out).toBe(
      "no longer frozen: a's calls\nstill frozen: every call\n",
    );
    expect((await command("unfreeze")).out).toBe(
      "no longer frozen: every call\nstill frozen: b's calls of read\n",
    );
  });

  it("is recorded in the audit log and in a metric", async () => {
    await admin("/freeze", { agent: "a", by: "on-call", minutes: 5 });
    expect(sidecar.audit()).toMatchObject([
      { control: { action: "freeze", until: "2026-03-01T12:05:00.000Z" } },
    ]);
    expect(await sidecar.metric("tollgate_frozen", { kind: "agent" })).toBe(1);
    nowMs += 300_000;
    expect(await sidecar.metric("tollgate_frozen", { kind: "agent" })).toBe(0);
    expect(await call("read")).toBeUndefined();
  });

  it.each([
    ["/freeze", { by: "x", minutes: 0 }, "minutes: must be a number above 0, at most 527040"],
    [
      "/freeze",
      { by: "x", until: "2026-03-01T11:00:00Z" },
      "until: must be a time to come, as in 2030-01-31T12:00:00Z",
    ],
    ["/freeze", { agent: "a" }, "by: is missing; say who does this, for the audit log"],
    ["/freeze", { by: "x", agent: 5 }, "agent: must be 1 to 256 characters"],
    ["/freeze", [], "the body must be a JSON object, sent as application/json"],
    ["/unfreeze", { by: "x" }, "this is not frozen"],
    [
      "/approvals/none/approve",
      { by: "x" },
      "no approval with this id waits: it was used, has expired, or never was",
    ],
  ])("refuses an invalid request and names the fault: %s %j", async (path, body, error) => {
    expect((await admin(path, body))[1]).toEqual({ error });
  });
});

describe("the commands", () => {
  it("report that no call waits for approval", async () => {
    expect(await command("approvals", "list")).toMatchObject({
      code: 0,
      out: "no call waits for approval\n",
    });
  });

  it.each([
    [["approvals", "approve"], 64, "tollgate approvals: must be called as list, approve ID or reject ID"],
    [["approvals", "approve", "x"], 1, "tollgate: no approval with this id waits"],
    [["freeze", "all"], 64, "tollgate freeze: unexpected `all`; name it with --agent or --tool"],
    [["freeze", "--minutes", "x"], 64, `tollgate freeze: --minutes: must be a number above 0, got "x"`],
    [["unfreeze"], 1, "tollgate: this is not frozen"],
    [["freeze", "--agnet", "a"], 64, "tollgate freeze: unknown option `--agnet`, did you mean `--agent`?\n"],
  ] as const)("end %j with exit code %i", async ([run, ...argv], code, problem) => {
    const ended = await command(run, ...argv);
    expect([ended.code, ended.problem.startsWith(problem)]).toEqual([code, true]);
  });

  it("list equal calls of several agents once, with what is stale, and reject those of one agent", async () => {
    for (const agent of ["a", "b", "c"]) await call("drop", { table: "t" }, agent);
    await call(
      "drop",
      { table: "u", note: "x".repeat(2_000), list: Array.from({ length: 70 }, () => 1) },
      "a",
    );
    const { out } = await command("approvals", "list");
    expect(out).toContain("4 calls of 3 agents wait\n");
    expect(out).toMatch(/ {2}the same call of 2 other callers:\n {4}\S+ {2}b\n {4}\S+ {2}c\n/);
    expect(out).toContain("(cut, 2000 characters in all)");
    expect(out).toContain("and 8 further values, not shown");
    expect((await command("approvals", "list", "--agent", "b")).out).not.toContain("same call");
    expect((await command("approvals", "list", "--tool", "none")).out).toBe("no call waits for approval\n");
    await admin("/freeze", { by: "x", agent: "c" });
    expect((await command("approvals", "list", "--agent", "c")).out).toContain(
      "frozen: an approval would let nothing",
    );
    expect(await command("approvals", "reject", "--agent", "a")).toMatchObject({
      code: 0,
      out: "rejected 2 calls of 2\n",
    });
    expect(await command("approvals", "reject", "--agent", "a")).toMatchObject({
      code: 1,
      problem: "tollgate: no call of that agent or tool waits for approval\n",
    });
    expect(await command("approvals", "reject", "x", "y")).toMatchObject({
      code: 1,
      out: "rejected 0 calls of 2\n",
    });
    expect((await command("approvals", "approve", "x", "--agent", "a")).code).toBe(64);
  });

  it("freeze an agent that has not called only with --unseen", async () => {
    await call("read");
    expect(await command("freeze", "--agent", "A")).toMatchObject({
      code: 1,
      problem:
        "tollgate: --agent: `A` has made no call in the last hour, did you mean `a`?; nothing was frozen, add --unseen to freeze it all the same\n",
    });
    expect(JSON.stringify((await admin("/freeze"))[1])).not.toContain('"A"');
    expect(await command("freeze", "--agent", "A", "--unseen")).toMatchObject({
      code: 0,
      out: "frozen: A's calls\n",
    });
    expect(await command("unfreeze", "--agent", "A")).toMatchObject({ code: 0 });
  });

  it("report that no sidecar answers", async () => {
    await sidecar.stop();
    const ended = await command("freeze");
    expect(ended).toMatchObject({
      code: 69,
      problem: expect.stringMatching(/^tollgate: no sidecar answers at http/),
    });
  });

  it("have a help text that fits a screen", async () => {
    for (const run of ["approvals", "freeze"] as const) {
      const { out } = await command(run, "--help");
      expect(out.split("\n").length).toBeLessThan(24);
      expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(120);
    }
  });
});
