/** Servers from PyPI, wrapped and bridged, with the official Python client on the other side. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { type LoopbackServer, serveOnLoopback } from "../fixtures/loopback-server.ts";
import { isRunning, listProcessTree } from "../fixtures/processes.ts";
import { until } from "../fixtures/start-sidecar.ts";
import { startTollgateProcess } from "../fixtures/start-tollgate.ts";
import { MAIN } from "../fixtures/start-wrap.ts";
import { connectPython, type OfficialClient } from "./stdio/clients.ts";
import { pythonProgram } from "./stdio/python.ts";
import { callsIn, print } from "./stdio/story.ts";

const GIT_POLICY = fileURLToPath(new URL("../../policies/git.json", import.meta.url));
const AGENT = "release-notes";

let folder: string;
let repository: string;
let fetchPolicy: string;
let site: LoopbackServer;
let asked: string[];
let before: readonly number[];
let audit: string;
let client: OfficialClient;
let end: () => Promise<void>;

function git(...args: readonly string[]): string {
  return execFileSync("git", ["-C", repository, ...args], { encoding: "utf8" });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-python-servers-"));
  repository = join(folder, "repository");
  execFileSync("git", ["init", "--quiet", repository]);
  for (const file of ["named.txt", "other.txt"]) writeFileSync(join(repository, file), "text\n");
  fetchPolicy = join(folder, "fetch.json");
  const closed = {
    conditions: [{ path: "args.url", op: "contains", value: "/private" }],
    on_deny: "stay out",
  };
  const document = {
    version: "1",
    default: "deny",
    tools: { fetch: { category: "read", deny_if: [closed] } },
  };
  writeFileSync(fetchPolicy, JSON.stringify(document));
  asked = [];
  site = await serveOnLoopback((request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(200, { "content-type": "text/plain" }).end("a page");
  });
});
afterAll(() => {
  site.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  before = listProcessTree(process.pid);
});
afterEach(async () => {
  const ours = listProcessTree(process.pid).filter((pid) => !before.includes(pid));
  expect(ours.length).toBeGreaterThan(2);
  await client.close();
  await end();
  await until(() => !ours.some(isRunning));
  print(expect.getState().currentTestName ?? "", callsIn(audit));
});

type Open = (server: readonly string[], policy: string) => Promise<void>;

const wrap: Open = async (server, policy) => {
  const flags = [...flagsFor(policy), "--admin", "127.0.0.1:0"];
  const environment = { PATH: process.env["PATH"] ?? "", HOME: folder };
  client = await connectPython({ command: [process.execPath, MAIN, ...flags, "--", ...server], environment });
  end = () => Promise.resolve();
};

const bridge: Open = async (server, policy) => {
  const { url, stop } = await startTollgateProcess({ command: server, flags: flagsFor(policy) });
  end = () => stop();
  client = await connectPython({ url });
};

function flagsFor(policy: string): readonly string[] {
  audit = join(folder, `${Math.random()}.jsonl`);
  return ["--policy", policy, "--agent", AGENT, "--audit", audit, "--log-level", "error"];
}

describe.each([
  { way: "wrapped", open: wrap },
  { way: "bridged", open: bridge },
])("$way", ({ open }) => {
  it("mcp-server-git stages the file that is named, and is never asked to stage everything", async () => {
    await open([pythonProgram("mcp-server-git"), "--repository", repository], GIT_POLICY);
    git("reset", "--quiet");
    const tools = await client.listTools();
    expect(tools).toContain("git_add");
    expect(tools).not.toContain("git_reset");
    const denied = await client.call("git_add", { repo_path: repository, files: ["."] });
    expect(denied.text).toMatch(/^\[POLICY DENIED\].*name the files/s);
    expect(git("diff", "--cached", "--name-only")).toBe("");
    const added = await client.call("git_add", { repo_path: repository, files: ["named.txt"] });
    expect(added.isError).toBe(false);
    expect(git("ls-files")).toBe("named.txt\n");
    expect(callsIn(audit)).toEqual([
      { agent: AGENT, tool: "git_add", category: "write", outcome: "denied" },
      { agent: AGENT, tool: "git_add", category: "write", outcome: "success" },
    ]);
  });

  it("mcp-server-fetch fetches a page, and is never asked for a closed one", async () => {
    const flags = ["--allow-private-ips", "--ignore-robots-txt"];
    await open([pythonProgram("mcp-server-fetch"), ...flags], fetchPolicy);
    asked.length = 0;
    expect(await client.listTools()).toEqual(["fetch"]);
    const denied = await client.call("fetch", { url: new URL("/private", site.url).href });
    expect(denied.text).toMatch(/^\[POLICY DENIED\].*stay out/s);
    const fetched = await client.call("fetch", { url: new URL("/open", site.url).href });
    expect(fetched).toMatchObject({ isError: false, text: expect.stringContaining("a page") });
    expect(asked).toEqual(["/open"]);
    expect(callsIn(audit)).toEqual([
      { agent: AGENT, tool: "fetch", category: "read", outcome: "denied" },
      { agent: AGENT, tool: "fetch", category: "read", outcome: "success" },
    ]);
  });
});
