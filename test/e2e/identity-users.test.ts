import { Readable } from "node:stream";
import { beforeAll, describe, expect, it } from "vitest";
import { runQuery } from "../../src/commands/audit/query.ts";
import { captureIo } from "../fixtures/capture-io.ts";
import { type IdentifiedSidecar, startIdentifiedSidecar } from "../fixtures/identified.ts";
import { Issuer } from "../fixtures/issuer.ts";
import { atEnd } from "../fixtures/lifetime.ts";
import { untilReady } from "../fixtures/start-sidecar.ts";

let issuer: Issuer;

beforeAll(async () => {
  issuer = await Issuer.start();
  atEnd(() => issuer.close());
});

async function start(policy: object, more = ""): Promise<IdentifiedSidecar> {
  const jwt = `{ issuer: "${issuer.url}", audience: "${issuer.audience}" }`;
  const guarded = await startIdentifiedSidecar(`identity:\n  required: true\n  jwt: ${jwt}\n${more}`, {
    policy,
  });
  await untilReady(guarded.sidecar);
  return guarded;
}

async function as(agent: string, user: string | undefined): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await issuer.token(agent, { claims: { sub: user } })}` };
}

const ALLOW = { version: "1", default: "allow" };

describe("a call on behalf of a user", () => {
  it("has agent and user in audit log, decisions, the denial, and the filter of decisions", async () => {
    const policy = { ...ALLOW, tools: { work: { action: "deny" }, other: {} } };
    const { sidecar, call } = await start(policy);
    const denied = (await (await call(await as("desktop", "ann"))).json()) as {
      result: { content: { text: string }[]; _meta: Record<string, object> };
    };
    await (await call(await as("desktop", "bob"), "other")).text();
    expect(denied.result.content[0]?.text).toContain(" Caller: desktop for ann. ");
    expect(denied.result["_meta"]["dev.tollgate/decision"]).toMatchObject({ agent: "desktop", user: "ann" });
    expect(sidecar.audit()).toMatchObject([
      { agent: { name: "desktop", source: "jwt", verified: true }, user: "ann", tool: "work" },
      { agent: { name: "desktop" }, user: "bob", tool: "other" },
    ]);
    const found = await fetch(`${sidecar.adminUrl}/decisions?user=ann`);
    expect(await found.json()).toMatchObject({
      decisions: [{ agent: { name: "desktop", source: "jwt", verified: true }, user: "ann" }],
    });
  });

  it("is found in the audit log by user, and counted by user", async () => {
    const { sidecar, call } = await start(ALLOW);
    for (const user of ["ann", "bob", "ann"]) await (await call(await as("desktop", user))).text();
    await (await call(await as("batch", "batch"))).text();
    const log = sidecar
      .audit()
      .map((record) => JSON.stringify(record))
      .join("\n");
    const query = async (...flags: string[]): Promise<unknown> => {
      const argv = ["--audit", "-", "--format", "json", ...flags];
      const run = await captureIo((io) => runQuery(argv, { ...io, stdin: Readable.from([log]), env: {} }));
      expect(run).toMatchObject({ code: 0, stderr: "" });
      return JSON.parse(run.stdout);
    };
    expect(await query("--user", "bob")).toMatchObject([{ user: "bob", agent: { name: "desktop" } }]);
    expect(await query("--by", "agent,user")).toEqual([
      { agent: "desktop", user: "ann", count: 2 },
      { agent: "batch", user: null, count: 1 },
      { agent: "desktop", user: "bob", count: 1 },
    ]);
  });

  it("has no user in the metrics, unless the settings ask for the label", async () => {
    const { sidecar, call } = await start(ALLOW);
    await (await call(await as("desktop", "ann"))).text();
    expect(await sidecar.metrics()).not.toMatch(/\buser="|\bann\b/);
    const labelled = await start(
      { ...ALLOW, tools: { work: {}, no: { action: "deny" } } },
      "  user-label: true\n",
    );
    await (await labelled.call(await as("desktop", "ann"))).text();
    await (await labelled.call(await as("desktop", "ann"), "no")).text();
    await (await labelled.call(await as("batch", "batch"))).text();
    const calls = (labels: Record<string, string>): Promise<number> =>
      labelled.sidecar.metric("tollgate_tool_calls_total", labels);
    expect(await calls({ agent: "desktop", user: "ann", tool: "work" })).toBe(1);
    expect(await calls({ agent: "batch", user: "", tool: "work" })).toBe(1);
    expect(
      await labelled.sidecar.metric("tollgate_tool_denials_total", { agent: "desktop", user: "ann" }),
    ).toBe(1);
  });

  it("waits for an approval that names the user, and another user cannot use it", async () => {
    const { sidecar, call } = await start({ ...ALLOW, tools: { work: { action: "approve" } } });
    await (await call(await as("desktop", "ann"))).text();
    const listed = (await (await fetch(`${sidecar.adminUrl}/approvals`)).json()) as {
      approvals: { id: string }[];
    };
    expect(listed).toMatchObject({ approvals: [{ agent: "desktop", user: "ann", tool: "work" }] });
    const approve = await fetch(`${sidecar.adminUrl}/approvals/${listed.approvals[0]?.id}/approve`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ by: "olga" }),
    });
    expect(approve.status).toBe(200);
    expect(sidecar.audit().at(-1)).toMatchObject({
      control: { action: "approve" },
      agent: { name: "desktop" },
      user: "ann",
    });
    const isDenied = async (user: string): Promise<boolean> =>
      (await (await call(await as("desktop", user))).text()).includes("[POLICY DENIED]");
    expect([await isDenied("bob"), await isDenied("ann"), await isDenied("ann")]).toEqual([
      true,
      false,
      true,
    ]);
  });
});
