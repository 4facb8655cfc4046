/** `tollgate policy init` writes a starter policy for real servers, over every transport, which `policy check` accepts. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPolicyFile } from "../../../src/config/files/policy-file.ts";
import { freePorts } from "../../fixtures/free-port.ts";
import { serve, temporaryFolder } from "../../fixtures/lifetime.ts";
import { type EverythingServer, startEverythingServer } from "../../fixtures/servers/everything.ts";
import { type ExecutingServer } from "../../fixtures/servers/executing-server.ts";
import { startSdkV2Server } from "../../fixtures/servers/sdk-v2-http.ts";
import { fileOf, run, toolOf } from "./run.ts";

const PROGRAM = fileURLToPath(import.meta.resolve("@modelcontextprotocol/server-everything/dist/index.js"));
const STDIO = ["--", process.execPath, PROGRAM, "stdio"];

const TOOLS = [
  { ...toolOf("get_user"), description: "Gets a user" },
  { ...toolOf("update_user"), description: "Updates a user" },
  {
    ...toolOf("delete_user"),
    description: "Deletes a user permanently",
    annotations: { destructiveHint: true },
  },
  { ...toolOf("run_command", { command: { type: "string" } }), description: "Runs a shell command" },
  { ...toolOf("create_payment"), description: "Creates a payment" },
  { ...toolOf("frobnicate"), description: "" },
];

function newFile(name: string): string {
  return join(temporaryFolder(), name);
}

async function starter(tools: readonly object[], ...flags: readonly string[]) {
  const { code, stdout } = await run("init", "--tools", fileOf("tools.json", tools), ...flags);
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

async function digests(tool: object) {
  return (await starter([tool], "--pin")).tools.pay.pin;
}

describe("the starter policy", () => {
  it("denies by default, hides destructive tools, and limits the rest by category", async () => {
    const policy = await starter(TOOLS);
    expect(policy).toMatchObject({ version: "1", default: "deny", hide: ["delete_user"] });
    const limits = Object.entries<{ category: string; limits: object[] }>(policy.tools).map(
      ([name, entry]) => {
        return [name, entry.category, entry.limits];
      },
    );
    const shared = { scope: "grant", shared: true };
    expect(limits).toEqual([
      ["get_user", "read", [{ counter: "reads", window: "minute", max: 120, ...shared }]],
      ["update_user", "write", [{ counter: "writes", window: "minute", max: 30, ...shared }]],
      ["run_command", "execute", [{ counter: "executions", window: "minute", max: 10, ...shared }]],
      ["create_payment", "financial", [{ counter: "payments", window: "hour", max: 5, ...shared }]],
      ["frobnicate", "unknown", [{ counter: "unclassified", window: "minute", max: 10, ...shared }]],
    ]);
  });

  it("gives the reason for each tool's category", async () => {
    const { tools, description } = await starter(TOOLS);
    expect(tools.get_user.description).toMatch(/^read by its name and description: /);
    expect(tools.frobnicate.description).toMatch(/^unknown by a weak guess \(0\), check it: /);
    expect(description).toContain("Hidden because they destroy: delete_user.");
  });

  it.each(["json", "yaml"])("passes policy check as %s", async (format) => {
    const tools = fileOf("tools.json", [
      ...TOOLS,
      toolOf("constructor"),
      toolOf("__proto__"),
      toolOf("a: b # c"),
      toolOf("404"),
    ]);
    const file = newFile(`policy.${format}`);
    expect((await run("init", "--tools", tools, "-o", file)).code).toBe(0);
    const { code, stdout } = await run("check", file, "--tools", tools);
    expect([code, stdout]).toEqual([0, `${file}: nothing wrong\n`]);
  });

  it("has the reasons as comments in YAML", async () => {
    const { stdout } = await run("init", "--tools", fileOf("tools.json", TOOLS), "--format", "yaml");
    expect(stdout).toMatch(/^# A starter policy for /);
    expect(stdout).toContain(
      "  # execute by its name and description: it runs what the agent says, so it stays rare\n  run_command:\n",
    );
    expect(stdout).toMatch(/- delete_user # destructive by the server's own annotations: hidden\n/);
    expect(stdout).toContain("- { counter: reads, window: minute, max: 120, scope: grant, shared: true }\n");
  });

  it("has the same meaning in YAML and in JSON", async () => {
    const tools = fileOf("tools.json", TOOLS);
    const [yaml, json] = [newFile("p.yaml"), newFile("p.json")];
    await run("init", "--tools", tools, "-o", yaml);
    await run("init", "--tools", tools, "-o", json);
    const [one, other] = [readPolicyFile(yaml), readPolicyFile(json)];
    if (!one.ok || !other.ok) throw new Error("a starter policy cannot be loaded");
    expect(one.policy.limits).toEqual(other.policy.limits);
    expect(one.policy.toolNames).toEqual(other.policy.toolNames);
  });

  it("pins each tool independently of the key order in its definition", async () => {
    const one = await digests({
      name: "pay",
      description: "d",
      inputSchema: { type: "object", properties: { a: {}, b: {} } },
    });
    const same = await digests({
      inputSchema: { properties: { b: {}, a: {} }, type: "object" },
      description: "d",
      name: "pay",
    });
    const other = await digests({
      name: "pay",
      description: "e",
      inputSchema: { type: "object", properties: { a: {}, b: {} } },
    });
    expect(same).toEqual(one);
    const required = { required: ["b", "a"], properties: { a: { maximum: 1.0 } } };
    expect(await digests({ name: "pay", inputSchema: required })).not.toEqual(
      await digests({ name: "pay", inputSchema: { ...required, required: ["a", "b"] } }),
    );
    expect(other).toEqual({ ...one, digest: other.digest, description: other.description });
    expect(one).toMatchObject({ on_change: "deny", digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it("gains no line from a line break in the server's name", async () => {
    const file = fileOf("a\nb: c.json", TOOLS);
    const { stdout } = await run("init", "--tools", file, "--format", "yaml");
    expect(stdout).not.toMatch(/^b: c/m);
  });
});

describe("the file", () => {
  it("is written to the path of -o, and the summary goes to stderr", async () => {
    const file = newFile("policy.json");
    const { code, stdout, stderr } = await run("init", "--tools", fileOf("tools.json", TOOLS), "-o", file);
    expect([code, stdout]).toEqual([0, ""]);
    expect(stderr).toContain(
      "6 tools: 1 read, 1 write, 1 execute, 1 destructive (hidden), 1 financial, 1 unknown\n",
    );
    expect(stderr).toContain(`next: read it, then tollgate policy check ${file}`);
    expect(existsSync(file)).toBe(true);
  });

  it("is not overwritten without --force", async () => {
    const tools = fileOf("tools.json", TOOLS);
    const file = fileOf("policy.json", "mine");
    const { code, stderr } = await run("init", "--tools", tools, "-o", file);
    expect([code, stderr]).toEqual([
      1,
      `tollgate: ${file}: is there already; name another file, or give --force\n`,
    ]);
    expect(readFileSync(file, "utf8")).toBe("mine");
    expect((await run("init", "--tools", tools, "-o", file, "--force")).code).toBe(0);
  });

  it("causes an error when it cannot be written", async () => {
    const tools = fileOf("tools.json", TOOLS);
    const { code, stderr } = await run("init", "--tools", tools, "-o", "/nowhere/p.json");
    expect([code, stderr]).toEqual([
      1,
      "tollgate: /nowhere/p.json: cannot be written: no such directory; create it\n",
    ]);
  });

  it("is not written for a server without tools", async () => {
    const { code, stderr } = await run("init", "--tools", fileOf("tools.json", []));
    expect([code, stderr]).toEqual([1, "tollgate: the server lists no tools\n"]);
  });
});

describe("a label that is a weak guess", () => {
  it("is asked for by name, and counted past the bound", async () => {
    const tools = [
      ...TOOLS,
      ...Array.from({ length: 25 }, (_, index) => toolOf(`frob${"x".repeat(index + 1)}`)),
    ];
    const { stderr } = await run("init", "--tools", fileOf("tools.json", tools));
    expect(stderr).toContain(
      '"frobnicate": what is its category? neither name nor description has a known verb\n',
    );
    expect(stderr).toContain("and 6 tools more: the policy marks each as a weak guess\n");
  });

  it("is not asked for when every label is sure", async () => {
    const { stderr } = await run("init", "--tools", fileOf("tools.json", TOOLS.slice(0, 3)));
    expect(stderr).not.toContain("what is its category?");
  });

  it("may come from the server's hint", async () => {
    const { tools } = await starter([{ ...toolOf("frob"), annotations: { readOnlyHint: false } }]);
    expect(tools.frob.description).toMatch(/^write by a weak guess \(0.6\), check it: /);
  });
});

describe("a readOnlyHint of the server", () => {
  it("is named with the reason when it was overruled", async () => {
    const { tools } = await starter([{ ...toolOf("update_user"), annotations: { readOnlyHint: true } }]);
    expect(tools.update_user.description).toMatch(
      /^write by its name and description, although the server says that it only reads \(`update` is a write verb, /,
    );
  });

  it("is not named when it agrees", async () => {
    const { tools } = await starter([{ ...toolOf("get_user"), annotations: { readOnlyHint: true } }]);
    expect(tools.get_user.description).toMatch(/^read by the server's own annotations: /);
  });
});

describe("a real server", () => {
  let everything: EverythingServer;
  let sdkV2: ExecutingServer;

  beforeAll(async () => {
    [everything, sdkV2] = await Promise.all([startEverythingServer(), startSdkV2Server()]);
  });
  afterAll(async () => {
    await Promise.all([everything.close(), sdkV2.close()]);
  });

  it("is queried over stdio", async () => {
    const file = newFile("policy.yaml");
    expect((await run("init", "-o", file, ...STDIO)).code).toBe(0);
    expect(readFileSync(file, "utf8")).toContain("mcp-servers/everything");
    const { code, stdout } = await run("check", file, ...STDIO);
    expect([code, stdout]).toEqual([0, `${file}: nothing wrong\n`]);
  });

  it("is queried over Streamable HTTP", async () => {
    const file = newFile("policy.json");
    expect((await run("init", "-o", file, "--upstream", everything.url)).code).toBe(0);
    const { code, stdout } = await run("check", file, "--upstream", everything.url);
    expect([code, stdout]).toEqual([0, `${file}: nothing wrong\n`]);
  });

  it("can be built on the official SDK 2", async () => {
    const { code, stdout } = await run("init", "--upstream", sdkV2.url);
    expect(code).toBe(0);
    expect(Object.keys(JSON.parse(stdout).tools).length).toBeGreaterThan(0);
  });

  it("supplies the tool definition to policy explain", async () => {
    const policy = fileOf("p.json", { version: "1", default: "allow" });
    const flags = ["--tool", "echo", "--format", "json", "--upstream", everything.url];
    const { stdout } = await run("explain", policy, ...flags);
    expect(JSON.parse(stdout).category).toMatchObject({ category: "read", source: "annotations" });
  });
});

describe("a server that cannot be queried", () => {
  it("causes exit code 69 when no server listens at the address", async () => {
    const url = `http://127.0.0.1:${(await freePorts(1))[0]}/mcp`;
    const problem = `tollgate: ${url}: the server's tools cannot be listed: ECONNREFUSED\n`;
    expect(await run("init", "--upstream", url)).toEqual({ code: 69, stdout: "", stderr: problem });
  });

  it("causes exit code 69 when the program does not exist", async () => {
    const { code, stderr } = await run("init", "--", "no-such-program-here");
    expect(code).toBe(69);
    expect(stderr).toContain("tollgate: no-such-program-here: the server's tools cannot be listed: ");
    expect(stderr).toContain("ENOENT");
  });

  it("causes exit code 69 when the program exits, and its last stderr output is repeated", async () => {
    const script = "console.error('first'); console.error('the key is missing'); process.exit(3)";
    const { code, stderr } = await run("init", "--", process.execPath, "-e", script);
    expect(code).toBe(69);
    expect(stderr).toContain("its stderr ends with: the key is missing");
  });
});

/** Supports only protocol version 2026-07-28: no `initialize`, and two pages of tools. */
function answerModern(body: { method: string; params?: { cursor?: string } }): object {
  const isModern = JSON.stringify(body).includes('"io.modelcontextprotocol/protocolVersion":"2026-07-28"');
  if (body.method !== "tools/list" || !isModern)
    return { error: { code: -32601, message: "no such method" } };
  const isSecond = body.params?.cursor === "2";
  return {
    result: {
      resultType: "complete",
      tools: [toolOf(isSecond ? "get_b" : "get_a")],
      ...(!isSecond && { nextCursor: "2" }),
    },
  };
}

it.each(["application/json", "text/event-stream"])(
  "lists the pages of a modern-only server that responds with %s",
  async (type) => {
    const server = await serve((body, response) => {
      const answer = JSON.stringify({ jsonrpc: "2.0", id: 1, ...answerModern(JSON.parse(body || "{}")) });
      const isError = answer.includes('"error"');
      response.writeHead(isError ? 400 : 200, { "Content-Type": type });
      response.end(type === "application/json" || isError ? answer : `event: message\ndata: ${answer}\n\n`);
    });
    const { code, stdout } = await run("init", "--upstream", server.url);
    expect(code).toBe(0);
    expect(Object.keys(JSON.parse(stdout).tools)).toEqual(["get_a", "get_b"]);
  },
);
