/** Another policy is tried on the calls that a sidecar remembers. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TriedPolicyResponse } from "../../src/admin/try-api.ts";
import { type ConsoleSidecar, startConsoleSidecar } from "../fixtures/console-sidecar.ts";

let stage: ConsoleSidecar;

beforeAll(async () => {
  stage = await startConsoleSidecar();
  await stage.list();
  for (const size of [10, 60, 250]) await stage.call("RunBatch", { size }, "ada");
  await stage.call("ListBatches", {}, "ada");
  await stage.call("ListBatches", {}, "bob");
  await stage.call("ExportAll", {}, "bob");
  const body = JSON.stringify({ agent: "night-job", by: "operator" });
  await post("/freeze", body);
  await stage.call("ListBatches", {}, "night-job");
});
afterAll(() => stage.stop());

function post(path: string, body: string, { sidecar } = stage): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return fetch(sidecar.adminUrl + path, { method: "POST", headers, body });
}

async function tried(policy: object | string, of = stage): Promise<TriedPolicyResponse> {
  const text = typeof policy === "string" ? policy : JSON.stringify(policy);
  const response = await post("/policy/try", JSON.stringify({ policy: text }), of);
  expect(response.status).toBe(200);
  return JSON.parse(await response.text());
}

function briefly({ groups }: TriedPolicyResponse): string[] {
  return groups
    .map(({ agent, tool, was, now, calls }) => `${agent} ${tool} ${was} -> ${now}: ${calls}`)
    .toSorted();
}

describe("POST /policy/try", () => {
  it("names the calls that another policy would have denied, and those that it would have let pass", async () => {
    const answer = await tried({ version: "1", default: "deny", tools: { ExportAll: {}, RunBatch: {} } });
    expect(answer).toMatchObject({ calls: 7, unknown: 0, outside_policy: 1, unchanged: 2 });
    expect(briefly(answer)).toEqual([
      "ada ListBatches allow -> deny: 1",
      "ada RunBatch deny -> allow: 1",
      "bob ExportAll deny -> allow: 1",
      "bob ListBatches allow -> deny: 1",
    ]);
    expect(answer.groups.find(({ agent, now }) => agent === "bob" && now === "deny")).toMatchObject({
      reason: "default_deny",
      rule: "(default deny)",
    });
  });

  it("decides a call again that was denied for a name like a tool's", async () => {
    const policy = { version: "1", default: "allow", tools: { ListBatches: {} } };
    const other = await startConsoleSidecar({ policy });
    await other.list();
    const { text } = await other.call("listbatches", {}, "eve");
    expect(text).toContain("Unknown tool");
    const groups = async (document: object): Promise<TriedPolicyResponse["groups"]> =>
      (await tried(document, other)).groups;
    expect(await groups(policy)).toMatchObject([{ agent: "eve", now: "deny", reason: "look_alike" }]);
    expect(await groups({ version: "1", default: "allow" })).toMatchObject([{ was: "deny", now: "allow" }]);
    await other.stop();
  });

  it("reads YAML, and the values of the arguments", async () => {
    const answer = await tried(`version: "1"
default: allow
tools:
  RunBatch:
    deny_if:
      - { conditions: [{ path: args.size, op: gt, value: 50 }], on_deny: too large }
`);
    expect(briefly(answer)).toEqual([
      "ada RunBatch allow -> deny: 1",
      "ada RunBatch deny -> deny: 1",
      "bob ExportAll deny -> allow: 1",
    ]);
    expect(JSON.stringify(answer)).not.toContain("too large");
  });

  it("counts limits from zero, at the times of the calls", async () => {
    const limits = [{ counter: "c", window: "day", max: 2, scope: "agent" }];
    const answer = await tried({ version: "1", default: "allow", tools: { RunBatch: { limits } } });
    expect(briefly(answer)).toContain("ada RunBatch deny -> deny: 1");
    expect(answer.groups.find(({ tool }) => tool === "RunBatch")?.reason).toBe("rate_limited");
  });

  it("puts nothing in force, and is no decision", async () => {
    await tried({ version: "1", default: "allow" });
    expect((await stage.call("ExportAll", {}, "bob")).isDenied).toBe(true);
    expect(await stage.sidecar.metric("tollgate_policy_reloads_total", { result: "success" })).toBe(1);
  });

  it.each([
    ["no policy", JSON.stringify({ policy: '{ "version": "9" }' }), 400, /version/],
    ["no text", JSON.stringify({ policy: {} }), 400, /must be the text of a policy/],
    ["not JSON", "policy", 400, /./],
  ])("refuses %s", async (_what, body, status, problem) => {
    const response = await post("/policy/try", body);
    expect(response.status).toBe(status);
    expect(await response.text()).toMatch(problem);
  });

  it("takes one policy at a time", async () => {
    const body = JSON.stringify({ policy: '{ "version": "1", "default": "allow" }' });
    const statuses = await Promise.all(
      Array.from({ length: 5 }, async () => (await post("/policy/try", body)).status),
    );
    expect(statuses).toContain(200);
    expect(new Set(statuses).difference(new Set([200, 503])).size).toBe(0);
  });
});
