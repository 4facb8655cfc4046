/** The freeze file, and state that survives a restart when the settings name a file for it. */

import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { serve, startSidecar, temporaryFolder } from "../fixtures/lifetime.ts";
import type { LoopbackServer } from "../fixtures/loopback-server.ts";
import { toolCall, callTool, sendRequest } from "../fixtures/open-loop.ts";
import { askAdmin } from "../fixtures/post.ts";
import { AGENT_HEADER, type TestSidecar, type TestSidecarOptions, until } from "../fixtures/start-sidecar.ts";

const POLICY = { version: "1", default: "allow", tools: { drop: { action: "approve" } } };

let folder: string;
let upstream: LoopbackServer;
let sidecar: TestSidecar | undefined;
let nowMs: number;

beforeEach(async () => {
  folder = temporaryFolder();
  nowMs = Date.parse("2026-03-01T12:00:00Z");
  upstream = await serve();
  sidecar = undefined;
});

/** Starts a sidecar; stops the previous one first. */
async function restart(settings: TestSidecarOptions["settings"] = {}): Promise<void> {
  await sidecar?.stop();
  sidecar = await startSidecar({
    upstream: upstream.url,
    policy: POLICY,
    settings: { ...AGENT_HEADER, ...settings },
    clock: { wallMs: () => nowMs, steadyMs: () => performance.now() },
  });
}

function at(name: string): string {
  return join(folder, name);
}

function call(tool: string, agent = "a", args: object = {}): Promise<string> {
  return callTool({
    url: sidecar?.url ?? "",
    headers: { "x-agent-id": agent },
    message: toolCall(tool, args),
  });
}

async function admin(path: string, body?: object): Promise<Record<string, unknown>> {
  return (await askAdmin(`${sidecar?.adminUrl}${path}`, body)).body;
}

function file(): string {
  return at("freeze.yaml");
}

describe("the freeze file", () => {
  it("stops what it says from the start, and follows every change without a restart", async () => {
    writeFileSync(
      file(),
      "- { agent: a, reason: runs wild }\n- { tool: wipe, until: 2026-03-01T13:00:00Z }\n",
    );
    await restart({ freeze: { file: file() } });
    expect([await call("read"), await call("wipe", "b"), await call("read", "b")]).toEqual([
      "frozen",
      "frozen",
      "admitted",
    ]);
    nowMs += 3_600_000;
    expect(await call("wipe", "b")).toBe("admitted");
    writeFileSync(file(), "[]");
    sidecar?.reload();
    expect(await call("read")).toBe("admitted");
    writeFileSync(file(), `[{ "tool": "read" }]`);
    await until(async () => (await call("read", "b")) === "frozen");
    expect(await admin("/freeze")).toMatchObject({ frozen: [{ tool: "read", agent: null, source: "file" }] });
    expect(await admin("/unfreeze", { tool: "read", by: "x" })).toMatchObject({ error: expect.any(String) });
  });

  it.each([
    ["deleted", () => rmSync(file())],
    ["emptied", () => writeFileSync(file(), "")],
    ["half written", () => writeFileSync(file(), "[{ agent: ")],
    ["wrong", () => writeFileSync(file(), "- { agnet: a }")],
  ])("stays in force as it was last when it is %s, and thaws nothing", async (_how, spoil) => {
    writeFileSync(file(), "- { agent: a }\n");
    await restart({ freeze: { file: file() } });
    spoil();
    sidecar?.reload();
    expect([await call("read"), await call("read", "b")]).toEqual(["frozen", "admitted"]);
  });

  it.each([
    [
      "- { agnet: a }",
      '[0]: unknown: agnet, did you mean "agent"?; known are agent, tool, reason, by and until',
    ],
    ["- { agent: a }\n- { tool: x, until: tomorrow }", "[1].until: must be a time"],
    ["agent: a", "must be a list such as"],
    ["", "must be a list such as"],
    ["[", "is not YAML: "],
  ])("that is wrong at the start keeps the sidecar from starting, and says where: %j", async (text, why) => {
    writeFileSync(file(), text);
    const started = restart({ freeze: { file: file() } });
    await expect(started).rejects.toMatchObject({ exitCode: 78, message: expect.stringContaining(why) });
    await expect(started).rejects.toThrow(file());
  });
});

describe("a freeze by hand", () => {
  it("ends with the process, and outlives it where a state file is named", async () => {
    await restart();
    await admin("/freeze", { agent: "a", by: "x" });
    expect(await call("read")).toBe("frozen");
    await restart();
    expect(await call("read")).toBe("admitted");
    const freeze = { state: at("freezes.json") };
    await restart({ freeze });
    await admin("/freeze", { agent: "a", by: "x", reason: "wild", minutes: 60 });
    await admin("/freeze", { tool: "wipe", by: "x" });
    await admin("/unfreeze", { tool: "wipe", by: "x" });
    await restart({ freeze });
    expect([await call("read"), await call("wipe", "b")]).toEqual(["frozen", "admitted"]);
    expect(await admin("/freeze")).toMatchObject({ frozen: [{ agent: "a", reason: "wild", by: "x" }] });
    expect(statSync(at("freezes.json")).mode & 0o777).toBe(0o600);
    nowMs += 3_600_001;
    expect(await call("read")).toBe("admitted");
  });

  it("is in force and says so when it cannot be kept", async () => {
    mkdirSync(at("there.json.new"));
    await restart({ freeze: { state: at("there.json") } });
    const said = await admin("/freeze", { agent: "a", by: "x" });
    expect(said["warning"]).toContain("could not be written");
    expect(await call("read")).toBe("frozen");
  });
});

function state(): { ttlMs: number; state: string } {
  return { ttlMs: 900_000, state: at("approvals.json") };
}

async function ask(args: object): Promise<string> {
  const headers = { "x-agent-id": "a" };
  const { text } = await sendRequest({ url: sidecar?.url ?? "", headers, message: toolCall("drop", args) });
  return /"approval_id":"([^"]+)"/.exec(text)?.[1] ?? "";
}

describe("an approval", () => {
  it("outlives a restart where a state file is named, lets one call pass, and no second one after another", async () => {
    await restart({ approvals: state() });
    const id = await ask({ table: "s3cret" });
    await restart({ approvals: state() });
    expect(await admin(`/approvals/${id}/approve`, { by: "x" })).toMatchObject({ state: "approved" });
    await restart({ approvals: state() });
    expect(await call("drop", "a", { table: "other" })).toBe("approval_required");
    expect(await call("drop", "a", { table: "s3cret" })).toBe("admitted");
    await restart({ approvals: state() });
    expect(await call("drop", "a", { table: "s3cret" })).toBe("approval_required");
    expect(readFileSync(at("approvals.json"), "utf8")).not.toContain("s3cret");
  });

  it("is forgotten by a restart without one", async () => {
    await restart();
    const id = await ask({});
    await restart();
    expect(await admin(`/approvals/${id}/approve`, { by: "x" })).toMatchObject({ error: expect.any(String) });
  });

  it("lets nothing pass when it cannot be marked as used, and passes when it can again", async () => {
    await restart({ approvals: state() });
    const id = await ask({});
    await admin(`/approvals/${id}/approve`, { by: "x" });
    mkdirSync(at("approvals.json.new"));
    expect(await call("drop")).toBe("limiter_unavailable");
    rmSync(at("approvals.json.new"), { recursive: true });
    expect(await call("drop")).toBe("admitted");
  });

  it("file that cannot be understood keeps the sidecar from starting", async () => {
    writeFileSync(at("approvals.json"), `[{"binding":1}]`);
    await expect(restart({ approvals: state() })).rejects.toThrow(
      "approvals.json: is not what was stored there",
    );
  });
});
