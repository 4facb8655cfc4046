import { once } from "node:events";
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { policyDigest } from "../../src/config/files/policy-file.ts";
import { serve, startSidecar, temporaryFolder } from "../fixtures/lifetime.ts";
import { EMPTY_RESULT, type LoopbackServer } from "../fixtures/loopback-server.ts";
import { postForText } from "../fixtures/post.ts";
import { AGENT_HEADER, type TestSidecar, type TestSidecarOptions, until } from "../fixtures/start-sidecar.ts";

const OPEN = JSON.stringify({ version: "1", default: "allow" });
const LIST = `{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"run"},{"name":"read"}]}}`;
const HIDING = JSON.stringify({ version: "1", default: "allow", hide: ["run"] });

let folder: string;
let file: string;
let upstream: LoopbackServer;
let sidecar: TestSidecar;

beforeEach(async () => {
  folder = temporaryFolder();
  file = join(folder, "policy.json");
  upstream = await serve((body, response, { method }) => {
    if (method === "GET") response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    if (method === "GET") return undefined;
    return body.includes("tools/list") ? LIST : EMPTY_RESULT;
  });
});

async function start(settings: TestSidecarOptions["settings"] = {}): Promise<void> {
  sidecar = await startSidecar({
    upstream: upstream.url,
    settings: { ...AGENT_HEADER, policy: file, ...settings },
  });
}

async function shown(): Promise<Record<string, unknown>> {
  return (await (await fetch(`${sidecar.adminUrl}/policy`)).json()) as Record<string, unknown>;
}

function send(method: string, params: object = {}, agent = "bot"): Promise<string> {
  return postForText(sidecar.url, { method, params }, { "x-agent-id": agent });
}

const callRun = (agent?: string) => send("tools/call", { name: "run" }, agent);

/** Publishes a new version of a file as the kubelet does for a ConfigMap: in a new folder, by swapping a symlink. */
function publish(name: string, text: string): void {
  mkdirSync(join(folder, name));
  writeFileSync(join(folder, name, "policy.json"), text);
  symlinkSync(name, join(folder, "..data_tmp"));
  renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
}

function limitedTo(max: number, description: string): string {
  const limits = [{ counter: "calls", window: "month", max }];
  return JSON.stringify({ version: "1", default: "allow", description, all_tools: { limits } });
}

describe("reload", () => {
  it("loads a changed policy, and reports it", async () => {
    writeFileSync(file, OPEN);
    await start();
    expect(await callRun()).toContain("content");
    writeFileSync(file, HIDING);
    sidecar.reload();
    expect(await callRun()).toContain("Unknown tool: run");
    expect(await shown()).toMatchObject({ digest: policyDigest(Buffer.from(HIDING)), last_error: null });
    expect(await sidecar.metric("tollgate_policy_reloads_total", { result: "success" })).toBe(2);
    expect(await sidecar.metric("tollgate_policy_info", { digest: policyDigest(Buffer.from(HIDING)) })).toBe(
      1,
    );
    expect(await sidecar.metric("tollgate_policy_info")).toBe(1);
  });

  it.each([
    ["deleted", () => rmSync(file)],
    ["half written", () => writeFileSync(file, HIDING.slice(0, 30))],
    ["emptied", () => writeFileSync(file, "")],
    ["wrong", () => writeFileSync(file, `{"version":"1","default":"allow","hidee":[]}`)],
  ])("keeps the last good policy when the file is %s, and loads the next good one", async (_how, spoil) => {
    writeFileSync(file, HIDING);
    await start();
    spoil();
    sidecar.reload();
    expect(await callRun()).toContain("Unknown tool: run");
    expect(await sidecar.metric("tollgate_policy_last_reload_successful")).toBe(0);
    expect(await sidecar.metric("tollgate_policy_reloads_total", { result: "failure" })).toBe(1);
    expect(await shown()).toMatchObject({
      digest: policyDigest(Buffer.from(HIDING)),
      last_error: expect.stringContaining(file),
    });
    sidecar.reload();
    expect(await sidecar.metric("tollgate_policy_reloads_total", { result: "failure" })).toBe(1);
    writeFileSync(file, OPEN);
    sidecar.reload();
    expect(await callRun()).toContain("content");
    expect(await sidecar.metric("tollgate_policy_last_reload_successful")).toBe(1);
    expect(await shown()).toMatchObject({ last_error: null });
  });

  it("follows swapped symlinks, as of a ConfigMap, twice", async () => {
    publish("..2026_01", OPEN);
    symlinkSync(join("..data", "policy.json"), file);
    await start();
    for (const [name, text] of [
      ["..2026_02", HIDING],
      ["..2026_03", OPEN],
    ] as const) {
      publish(name, text);
      await until(async () => (await shown())["digest"] === policyDigest(Buffer.from(text)));
    }
    expect(await sidecar.metric("tollgate_policy_reloads_total", { result: "success" })).toBe(3);
  });

  it("reloads the policies of agents as well, all or none", async () => {
    const own = join(folder, "own.json");
    writeFileSync(file, OPEN);
    writeFileSync(own, OPEN);
    await start({ agents: [{ match: "own-*", policy: own }] });
    writeFileSync(own, HIDING);
    sidecar.reload();
    expect(await callRun("own-bot")).toContain("Unknown tool: run");
    expect(await callRun()).toContain("content");
    writeFileSync(own, OPEN);
    writeFileSync(file, "{");
    sidecar.reload();
    expect(await callRun("own-bot")).toContain("Unknown tool: run");
  });

  it("keeps counters, and raises a limit at once", async () => {
    writeFileSync(file, limitedTo(1, ""));
    await start();
    expect(await callRun()).toContain("content");
    writeFileSync(file, limitedTo(1, "edited"));
    sidecar.reload();
    expect(await callRun()).toContain("rate_limited");
    writeFileSync(file, limitedTo(2, "raised"));
    sidecar.reload();
    expect(await callRun()).not.toContain("rate_limited");
    expect(await callRun()).toContain("rate_limited");
  });

  it("notifies the open streams of agents whose tools have changed, and no other", async () => {
    const own = join(folder, "own.json");
    writeFileSync(file, OPEN);
    writeFileSync(own, OPEN);
    await start({ agents: [{ match: "own-*", policy: own }] });
    await send("tools/list");
    const heard = { bot: "", "own-bot": "" };
    const streams = await Promise.all(
      (["bot", "own-bot"] as const).map(async (agent) => {
        const headers = { accept: "text/event-stream", "x-agent-id": agent };
        const request = get(sidecar.url, { headers });
        const [response] = (await once(request, "response")) as [IncomingMessage];
        response.setEncoding("utf8").on("data", (chunk: string) => (heard[agent] += chunk));
        response.on("error", () => undefined);
        return request;
      }),
    );
    await until(async () => (await sidecar.metric("tollgate_streams")) === 2);
    writeFileSync(own, HIDING);
    sidecar.reload();
    await until(() => heard["own-bot"] !== "");
    expect(heard["own-bot"]).toBe(
      `event: message\ndata: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n`,
    );
    writeFileSync(
      own,
      JSON.stringify({ version: "1", default: "allow", hide: ["run"], description: "edited" }),
    );
    sidecar.reload();
    writeFileSync(own, OPEN);
    sidecar.reload();
    await until(() => heard["own-bot"].split("list_changed").length === 3);
    expect(heard.bot).toBe("");
    for (const request of streams) request.destroy();
  });
});
