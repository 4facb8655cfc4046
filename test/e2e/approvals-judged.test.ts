/** The facts that a person sees of a call that waits, and the worth of its approval. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKey } from "../../src/config/files/key-file.ts";
import { serve, startSidecar, temporaryFile } from "../fixtures/lifetime.ts";
import { EMPTY_RESULT } from "../fixtures/loopback-server.ts";
import { postForText } from "../fixtures/post.ts";
import { AGENT_HEADER, type TestSidecar, type TestSidecarOptions } from "../fixtures/start-sidecar.ts";

const POLICY = { version: "1", default: "allow", tools: { drop: { action: "approve" }, read: {} } };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-judged-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let sidecar: TestSidecar;
let policyFile: string;

async function start(options: Partial<TestSidecarOptions> = {}): Promise<void> {
  const upstream = await serve(() => EMPTY_RESULT);
  policyFile = temporaryFile("policy.json", POLICY);
  sidecar = await startSidecar({
    upstream: upstream.url,
    flags: { policy: policyFile },
    settings: AGENT_HEADER,
    ...options,
  });
}

interface Denied {
  readonly approval_id?: string;
  readonly reason?: string;
}

interface Answer {
  readonly result?: { readonly isError?: boolean; readonly _meta?: Record<string, Denied> };
  readonly error?: { readonly data: Record<string, Denied> };
}

/** The decision of the denial; undefined when the call passed. */
async function call(params: object = {}, agent = "a"): Promise<Denied | undefined> {
  const body = {
    id: 1,
    method: "tools/call",
    params: { name: "drop", arguments: { table: "t" }, ...params },
  };
  const text = await postForText(sidecar.url, body, { "x-agent-id": agent });
  const { result, error }: Answer = JSON.parse(text);
  // A denied call that asks for a task gets an error.
  const meta = error === undefined ? result?.["_meta"] : error.data;
  return result?.isError === true || error ? meta?.["dev.tollgate/decision"] : undefined;
}

interface Entry {
  readonly id: string;
  readonly state: string;
  readonly stale?: string;
  readonly [name: string]: unknown;
}

async function admin(path: string, body?: object, key?: string): Promise<[number, Record<string, unknown>]> {
  const headers = {
    "content-type": "application/json",
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
  };
  const sent = body && { method: "POST", body: JSON.stringify(body) };
  const response = await fetch(sidecar.adminUrl + path, { headers, ...sent });
  const value: Record<string, unknown> = JSON.parse(await response.text());
  return [response.status, value];
}

async function list(key?: string): Promise<Entry[]> {
  return (await admin("/approvals", undefined, key))[1]["approvals"] as Entry[];
}

async function askId(params: object = {}, agent = "a"): Promise<string> {
  return (await call(params, agent))?.approval_id ?? "";
}

describe("a waiting call", () => {
  it("is shown with its values, _meta and task, without secrets, and with the proof of who asks", async () => {
    await start();
    const more = { _meta: { trace: "abc" }, task: { ttl: 5 } };
    await call({ arguments: { table: "samples", password: "hunter2" }, ...more });
    const [entry] = await list();
    expect(entry).toMatchObject({
      agent: "a",
      source: "header",
      values: {
        values: [
          { path: "args.table", text: '"samples"' },
          { path: "args.password", text: "[redacted]" },
          { path: "task.ttl", text: "5" },
          { path: "_meta.trace", text: '"abc"' },
        ],
        more: 0,
      },
    });
    expect(JSON.stringify(entry)).not.toContain("hunter2");
  });

  it("is shown without values once it is decided, and never to a reader", async () => {
    await start();
    const id = await askId();
    for (const path of ["/decisions", "/activity", "/metrics"])
      expect(await (await fetch(sidecar.adminUrl + path)).text()).not.toContain('"t"');
    await admin(`/approvals/${id}/reject`, { by: "x" });
    expect((await list())[0]).toMatchObject({ state: "rejected" });
    expect((await list())[0]).not.toHaveProperty("values");
  });

  it("is shown without values where the settings say so", async () => {
    await start({ settings: { ...AGENT_HEADER, approvals: { ttlMs: 900_000, hidesValues: true } } });
    await call();
    expect((await list())[0]).not.toHaveProperty("values");
  });

  it("keeps its values out of the state file, and is shown without them after a restart", async () => {
    const state = join(folder, "approvals.json");
    const settings = { ...AGENT_HEADER, approvals: { ttlMs: 900_000, state } };
    await start({ settings });
    await call({ arguments: { table: "s3cr3t" } });
    await sidecar.stop();
    await start({ settings });
    expect(await list()).toMatchObject([{ agent: "a", source: "header", tool: "drop" }]);
    expect(JSON.stringify(await list())).not.toContain("s3cr3t");
  });

  it("is approved with its task, and passes with other _meta", async () => {
    await start();
    const id = await askId({ task: { ttl: 5 }, _meta: { progressToken: 1 } });
    await admin(`/approvals/${id}/approve`, { by: "x" });
    expect((await call({ task: { ttl: 6 } }))?.reason).toBe("approval_required");
    expect((await call())?.reason).toBe("approval_required");
    expect(await call({ task: { ttl: 5 }, _meta: { progressToken: 2 } })).toBeUndefined();
  });

  it("has the same mark as an equal call of another agent, and as no other call", async () => {
    await start();
    for (const agent of ["a", "b"]) await call({}, agent);
    await call({ arguments: { table: "u" } }, "c");
    await call({ task: {} }, "d");
    const marks = (await list()).map((entry) => entry["call"]);
    expect(marks[0]).toBe(marks[1]);
    expect(new Set(marks).size).toBe(3);
  });
});

function reload(policy: object): void {
  writeFileSync(policyFile, JSON.stringify(policy));
  sidecar.reload();
}

describe("a stale approval", () => {
  it("of a policy that is no longer in force is marked, cannot be given, and can be rejected", async () => {
    await start();
    const id = await askId();
    reload({ ...POLICY, tools: { ...POLICY.tools, more: {} } });
    expect(await list()).toMatchObject([{ id, stale: "policy_changed" }]);
    const [status, { error }] = await admin(`/approvals/${id}/approve`, { by: "x" });
    expect([status, error]).toEqual([409, expect.stringContaining("the policy has changed")]);
    expect(await sidecar.metric("tollgate_approvals_pending")).toBe(0);
    const again = await askId();
    expect(again).not.toBe(id);
    await admin(`/approvals/${again}/approve`, { by: "x" });
    expect(await call()).toBeUndefined();
    expect((await admin(`/approvals/${id}/reject`, { by: "x" }))[0]).toBe(200);
  });

  it("that was granted before the reload is marked too, and is good again when the policy comes back", async () => {
    await start();
    const id = await askId();
    await admin(`/approvals/${id}/approve`, { by: "x" });
    reload({ ...POLICY, tools: { ...POLICY.tools, more: {} } });
    expect(await list()).toMatchObject([{ id, state: "approved", stale: "policy_changed" }]);
    reload(POLICY);
    expect((await list())[0]).not.toHaveProperty("stale");
    expect(await call()).toBeUndefined();
  });

  it.each([[{}], [{ agent: "a" }], [{ tool: "drop" }]])(
    "of a call that is frozen (%j) waits for the freeze",
    async (part) => {
      await start();
      const id = await askId();
      await admin("/freeze", { by: "x", ...part });
      expect(await list()).toMatchObject([{ id, stale: "frozen" }]);
      expect(await admin(`/approvals/${id}/approve`, { by: "x" })).toMatchObject([409, {}]);
      await admin("/unfreeze", { by: "x", ...part });
      expect((await admin(`/approvals/${id}/approve`, { by: "x" }))[0]).toBe(200);
      expect(await call()).toBeUndefined();
    },
  );
});

describe("two approvers", () => {
  const keys = { alice: createKey("alice"), bob: createKey("bob") };

  async function startFor(approvers: number): Promise<void> {
    const file = join(folder, "operators.yaml");
    writeFileSync(
      file,
      Object.values(keys)
        .map(({ line }) => `${line}\n`)
        .join(""),
    );
    const config = `admin: { tokens-file: ${JSON.stringify(file)} }\napprovals: { approvers: ${approvers} }\n`;
    await start({ config });
  }

  it("must be two people, and the audit log names both", async () => {
    await startFor(2);
    const id = await askId();
    const approve = (key: string) => admin(`/approvals/${id}/approve`, { by: "mallory" }, key);
    expect(await approve(keys.alice.key)).toMatchObject([200, { state: "requested", missing_approvers: 1 }]);
    const [status, { error }] = await approve(keys.alice.key);
    expect([status, error]).toEqual([409, expect.stringContaining("another person must approve")]);
    expect((await call())?.reason).toBe("approval_required");
    expect(await list(keys.bob.key)).toMatchObject([
      { state: "requested", given: [{ by: "alice", by_proven: true }] },
    ]);
    expect(await approve(keys.bob.key)).toMatchObject([200, { state: "approved", decided: { by: "bob" } }]);
    expect(await call()).toBeUndefined();
    const changes = sidecar.audit().filter((line) => line["control"] !== undefined);
    expect(changes).toMatchObject(
      ["alice", "bob"].map((by) => ({ control: { action: "approve", by, by_proven: true } })),
    );
  });

  it("are not needed to reject", async () => {
    await startFor(2);
    const id = await askId();
    await admin(`/approvals/${id}/approve`, {}, keys.alice.key);
    expect((await admin(`/approvals/${id}/reject`, {}, keys.bob.key))[0]).toBe(200);
    expect((await call())?.reason).toBe("approval_rejected");
  });

  it("are refused by the settings where names are not proven", async () => {
    await expect(start({ config: "approvals: { approvers: 2 }\n" })).rejects.toThrow(
      "approvals.approvers: needs people with proven names: set admin.tokens-file or admin.operator-header",
    );
  });
});

describe("several waiting calls", () => {
  it("are rejected together, each recorded", async () => {
    await start();
    const ids = [await askId({}, "a"), await askId({}, "b"), await askId({}, "c")];
    const [status, body] = await admin("/approvals/reject", {
      ids: [...ids.slice(0, 2), ids[0], "none"],
      by: "x",
    });
    expect([status, body]).toEqual([200, { rejected: ids.slice(0, 2) }]);
    expect((await list()).map(({ state }) => state)).toEqual(["rejected", "rejected", "requested"]);
    expect(sidecar.audit().filter((line) => line["control"] !== undefined)).toHaveLength(2);
  });

  it.each([[undefined], [[]], ["x"], [[1]], [Array.from({ length: 501 }, () => "x")]])(
    "are not rejected by a list of another form",
    async (ids) => {
      await start();
      expect((await admin("/approvals/reject", { ids, by: "x" }))[0]).toBe(400);
    },
  );
});

describe("lifting a freeze", () => {
  it("says which other freezes still stop calls of the same target", async () => {
    await start();
    for (const part of [{}, { agent: "a" }, { agent: "b" }, { tool: "drop" }])
      await admin("/freeze", { by: "x", ...part });
    const [, lifted] = await admin("/unfreeze", { by: "x", agent: "a" });
    expect(lifted["still_frozen"]).toMatchObject([
      { agent: null, tool: null },
      { agent: null, tool: "drop" },
    ]);
    const [status, { error }] = await admin("/unfreeze", { by: "x", agent: "a" });
    expect([status, error]).toEqual([404, "this is not frozen by itself; frozen is every call, tool drop"]);
  });
});
