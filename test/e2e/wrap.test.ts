/** A wrapped stdio server, through the public interface: `tollgate -- SERVER` as a client starts it. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";

import { serverFile, type WrapClient } from "../fixtures/start-wrap.ts";
import { wrappedClients } from "../fixtures/wrapped-clients.ts";
import { isRunning } from "../fixtures/processes.ts";
import { until } from "../fixtures/start-sidecar.ts";

const POLICY = {
  version: "1",
  default: "allow",
  hide: ["safe"],
  tools: {
    delete_all: { action: "deny" },
    echo: { limits: [{ counter: "echoes", window: "hour", max: 2 }] },
  },
};

const { folder, wrap, records } = wrappedClients();
const policy = join(folder, "policy.json");

beforeAll(() => writeFileSync(policy, JSON.stringify(POLICY)));

const echoed = (reply: { result?: { content?: readonly { text: string }[] } }): string | undefined =>
  reply.result?.content?.[0]?.text;

describe("a wrapped server", () => {
  it("responds as without Tollgate, and Tollgate exits with its exit code", async () => {
    const client = wrap();
    expect(await client.ask(0, "initialize", { protocolVersion: "2025-11-25" })).toMatchObject({
      result: { serverInfo: { name: "fixture" } },
    });
    client.send({ jsonrpc: "2.0", method: "notifications/initialized" });
    expect(echoed(await client.call("a", "echo", { text: "grüße" }))).toBe('{"text":"grüße"}');
    expect(await client.close()).toEqual({ code: 0, signal: null });
    expect(client.lines).toHaveLength(2);
  });

  it("responds to a last line without a line break before it exits", async () => {
    const client = wrap();
    client.process.stdin.end('{"jsonrpc":"2.0","id":1,"method":"ping"}');
    expect(await client.ended).toEqual({ code: 0, signal: null });
    expect(client.replies()).toEqual([{ jsonrpc: "2.0", id: 1, result: {} }]);
  });

  it("responds to a thousand concurrent requests, each under its own id", async () => {
    const client = wrap();
    const ids = Array.from({ length: 1_000 }, (_, index) => index);
    for (const id of ids)
      client.send({ jsonrpc: "2.0", id, method: "tools/call", params: { name: "x", arguments: { id } } });
    await client.close();
    expect(client.replies().map(({ id, ...reply }) => [id, echoed(reply)])).toEqual(
      ids.map((id) => [id, `{"id":${id}}`]),
    );
  });

  it("receives and sends every JSON token unchanged", async () => {
    const client = wrap({ server: "verbatim" });
    const args = '{"big":12345678901234567890,"one":1.0,"exp":1e2,"text":"\\u00e9é"}';
    client.send(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":${args}}}`);
    await client.answer(1);
    expect(client.lines[0]).toContain(args);
  });

  it("receives responses to its own requests, and its errors without id are forwarded", async () => {
    const client = wrap({ server: "asks-back" });
    client.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "x" } });
    await until(() => client.lines.length === 3);
    client.send({ jsonrpc: "2.0", id: 1, result: { role: "assistant" } });
    expect(await client.answer(1)).toMatchObject({ result: { heard: expect.stringContaining("assistant") } });
    expect(client.replies().map(({ id, method }) => [id, method])).toEqual([
      [undefined, "notifications/progress"],
      [null, undefined],
      [1, "sampling/createMessage"],
      [1, undefined],
    ]);
  });

  it("receives Tollgate's trace context in _meta", async () => {
    const OTEL = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9", OTEL_TRACES_SAMPLER: "always_on" };
    const client = wrap({ server: "verbatim", environment: OTEL });
    const reply = await client.call(1, "x");
    expect(reply.result?.["got"]).toMatchObject({
      _meta: { traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-/) },
    });
  });

  it("has no output of Tollgate on its stdout, whatever the environment asks to be written to the console", async () => {
    const client = wrap({
      server: "banner",
      flags: ["--audit", "-", "--log-level", "trace", "--log-format", "pretty"],
      environment: {
        OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9",
        OTEL_TRACES_EXPORTER: "console,otlp",
        OTEL_METRICS_EXPORTER: "console",
        OTEL_LOG_LEVEL: "debug",
        OTEL_TRACES_SAMPLER: "always_on",
        NODE_DEBUG: "net",
      },
    });
    await client.call(1, "echo");
    client.send("{");
    await client.close();
    expect(client.replies().map(({ id }) => id)).toEqual([1, null]);
    expect(client.stderr.filter((line) => line.includes('"effect"'))).toHaveLength(2);
  });
});

it("redirects output of a library from stdout to stderr", async () => {
  const program = encodeURIComponent("process.on('SIGUSR2', () => console.log('noise'))");
  const client = wrap({ environment: { NODE_OPTIONS: `--import data:text/javascript,${program}` } });
  await client.ask(1, "ping");
  client.process.kill("SIGUSR2");
  await until(() => client.stderr.includes("noise"));
  await client.ask(2, "ping");
  expect(client.replies().map(({ id }) => id)).toEqual([1, 2]);
});

describe("the policy of a wrapped server", () => {
  it("denies, hides and limits as over HTTP, and all three are recorded in the audit log", async () => {
    const client = wrap({ flags: ["--policy", policy, "--agent", "night-shift"] });
    expect(echoed(await client.call(1, "delete_all"))).toMatch(/^\[POLICY DENIED\]/);
    expect(await client.call(2, "safe")).toMatchObject({
      error: { code: -32_602, message: "Unknown tool: safe" },
    });
    expect(await client.ask(3, "tools/list")).toMatchObject({
      result: { tools: [{ name: "echo" }, { name: "delete_all" }] },
    });
    for (const id of [4, 5]) expect(echoed(await client.call(id, "echo"))).toBe("{}");
    expect(echoed(await client.call(6, "echo"))).toMatch(/^\[POLICY DENIED\].*try again in/);
    expect(
      await client.metric("tollgate_tool_calls_total", { agent: "night-shift", outcome: "denied" }),
    ).toBe(3);
    expect(await client.metric("tollgate_tool_calls_total", { tool: "echo", outcome: "success" })).toBe(2);
    await client.close();
    expect(records().map(({ tool, effect, reason }) => [tool, effect, reason])).toEqual([
      ["delete_all", "deny", "denied_by_rule"],
      ["safe", "deny", "hidden"],
      ["echo", "allow", undefined],
      ["echo", "allow", undefined],
      ["echo", "deny", "rate_limited"],
    ]);
    expect(records()[0]).toMatchObject({ agent: { name: "night-shift", source: "flag", verified: true } });
  });

  it("names the agent `local` without --agent, and takes the client's name from initialize", async () => {
    const client = wrap();
    await client.ask(1, "initialize", { clientInfo: { name: "editor", version: "3" } });
    await client.call(2, "echo");
    await client.close();
    expect(records()[0]).toMatchObject({
      agent: { name: "local", source: "flag", verified: true },
      client: { name: "editor", version: "3" },
      upstream: { outcome: "success" },
    });
  });

  it("responds to an invalid message with its id where that can be read, and records it once", async () => {
    const client = wrap();
    for (const line of ["not json", "[]", '{"jsonrpc":"2.0","id":1,"method":"ping","METHOD":"x"}'])
      client.send(line);
    await until(() => client.lines.length === 3);
    expect(client.replies().map(({ id, error }) => [id, error?.code])).toEqual([
      [null, -32_700],
      [null, -32_600],
      [1, -32_600],
    ]);
    expect(await client.metric("tollgate_messages_refused_total")).toBe(3);
    expect(records().map(({ reason }) => reason)).toEqual(Array.from({ length: 3 }, () => "invalid_message"));
  });

  it("refuses a message that is too long, and continues", async () => {
    const client = wrap();
    client.send(`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"${"x".repeat(4 * 1024 * 1024)}"}}`);
    expect(await client.answer(1)).toMatchObject({ error: { code: -32_600 } });
    expect(await client.ask(2, "ping")).toMatchObject({ result: {} });
    expect(records()).toMatchObject([{ refusal: { cause: "too_large" } }]);
  });

  it("passes a message of nearly 4 MiB", async () => {
    const client = wrap();
    const text = "x".repeat(4 * 1024 * 1024 - 200);
    expect(echoed(await client.call(1, "echo", { text }))).toHaveLength(text.length + '{"text":""}'.length);
  });

  it("refuses an id that is already in use, since the two responses would be indistinguishable", async () => {
    const client = wrap({ server: "silent" });
    client.send({ jsonrpc: "2.0", id: 1, method: "tools/list" });
    client.send({ jsonrpc: "2.0", id: 1, method: "ping" });
    expect(await client.answer(null)).toMatchObject({ error: { code: -32_600 } });
    expect(await client.metric("tollgate_inflight_requests", { transport: "stdio" })).toBe(1);
  });

  it("counts a call as cancelled when the client cancelled it and the server did not respond", async () => {
    const client = wrap({ server: "silent" });
    client.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "echo" } });
    client.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } });
    await client.close();
    expect(client.lines).toEqual([]);
    expect(records()).toMatchObject([{ tool: "echo", upstream: { outcome: "cancelled" } }]);
  });

  it.each(["\u0085", "\u2028", "\u2029"])(
    "sends one line even with a character that some readers treat as a line end: %j",
    async (end) => {
      const executed = join(folder, `executed-${end.codePointAt(0)}`);
      writeFileSync(executed, "");
      const client = wrap({
        server: [process.execPath, serverFile("executing"), executed],
        flags: ["--policy", policy],
      });
      const hidden = '{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"delete_all"}}';
      client.send({
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: { name: "echo", arguments: { [`${end}${hidden}${end}`]: 1 } },
      });
      await client.answer(1);
      expect(readFileSync(executed, "utf8")).toBe("echo\n");
    },
  );
});

describe("the life of a wrapped server", () => {
  it("is visible in /readyz and tollgate_upstream_up", async () => {
    const client = wrap();
    const response = await fetch(`${await client.adminUrl()}/readyz`);
    expect(response.status).toBe(200);
    expect(await client.metric("tollgate_upstream_up")).toBe(1);
  });

  it.each([
    ["dies-at-start", 3],
    ["dies-mid-call", 137],
  ])("ends with the exit code of %s", async (server, code) => {
    const client = wrap({ server });
    client.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "echo" } });
    expect(await client.ended).toEqual({ code, signal: null });
  });

  it("ends with an error for the call during which the server died", async () => {
    const client = wrap({ server: "dies-mid-call" });
    expect(await client.call(1, "echo")).toMatchObject({ error: { code: -32_603 } });
    await client.ended;
    expect(records()).toMatchObject([{ tool: "echo", upstream: { outcome: "upstream_error" } }]);
  });

  it("ends with exit code 69 and a message when the program does not exist", async () => {
    const client = wrap({ server: ["/nowhere/server"] });
    expect(await client.ended).toEqual({ code: 69, signal: null });
    expect(client.stderr.join("\n")).toContain(
      "`/nowhere/server` cannot be started: there is no such program",
    );
    expect(client.lines).toEqual([]);
  });

  it("ends with exit code 69 and names the flag when the admin port is in use", async () => {
    const first = wrap();
    const taken = new URL(await first.adminUrl()).host;
    const second = wrap({ flags: ["--admin", taken] });
    expect(await second.ended).toEqual({ code: 69, signal: null });
    expect(second.stderr.join("\n")).toContain(`--admin: ${taken} is taken`);
  });

  it.each(["SIGTERM", "SIGINT"] as const)("ends with all its child processes on %s", async (signal) => {
    const client = wrap({ server: "forks-grandchild" });
    const grandchild = await grandchildOf(client);
    await client.ask(1, "ping");
    client.process.kill(signal);
    expect((await client.ended).signal).toBe(null);
    await until(() => !isRunning(grandchild));
  });

  it("ends by SIGKILL when it ignores SIGTERM, before clients would kill Tollgate", async () => {
    const client = wrap({ server: "ignores-sigterm" });
    const pid = await pidOf(client, "pid");
    client.process.kill("SIGTERM");
    expect(await client.ended).toEqual({ code: 137, signal: null });
    expect(isRunning(pid)).toBe(false);
  });

  it("ends by SIGKILL at a second signal", async () => {
    const client = wrap({ server: "ignores-sigterm" });
    const pid = await pidOf(client, "pid");
    client.process.kill("SIGTERM");
    client.process.kill("SIGINT");
    await client.ended;
    await until(() => !isRunning(pid));
  });

  it("ends when Tollgate is killed", async () => {
    const client = wrap({ server: "forks-grandchild" });
    await client.ask(1, "ping");
    const child = await pidOf(client, "pid");
    client.process.kill("SIGKILL");
    await until(() => !isRunning(child));
    process.kill(await grandchildOf(client), "SIGKILL");
  });

  it("ends when its stdout is closed", async () => {
    const client = wrap({ server: "floods-stdout" });
    await until(() => client.lines.length > 0);
    client.process.stdout.destroy();
    await until(() => client.process.exitCode !== null);
  });
});

describe("the environment of a wrapped server", () => {
  const ENVIRONMENT = {
    SERVICE_API_KEY: "k",
    TOLLGATE_MODE: "enforce",
    TOLLGATE_ALLOW_ALL: "true",
    OTEL_EXPORTER_OTLP_HEADERS: "x=y",
  };

  async function given(flags: readonly string[]): Promise<{ names: readonly string[]; named?: string }> {
    const client = wrap({ server: "environment", flags, environment: ENVIRONMENT });
    const { result } = await client.call(1, "x");
    return result as unknown as { names: readonly string[]; named?: string };
  }

  it("is Tollgate's environment without TOLLGATE_ and OTEL_ variables by default", async () => {
    const { names } = await given([]);
    expect(names).toContain("SERVICE_API_KEY");
    expect(names).toContain("PATH");
    expect(names.filter((name) => /^(?:TOLLGATE|OTEL)_/.test(name))).toEqual([]);
  });

  it("is an allow-list plus the variables named by --env, when --env is given", async () => {
    const { names, named } = await given([
      "--env",
      "SERVICE_API_KEY",
      "--env",
      "NAMED=a=b,c",
      "--env",
      "ABSENT",
    ]);
    expect(names).toContain("PATH");
    expect(names).toContain("SERVICE_API_KEY");
    expect(names).not.toContain("VITEST");
    expect(names).not.toContain("ABSENT");
    expect(named).toBe("a=b,c");
  });

  it("is redacted in the server's stderr output", async () => {
    const client = wrap({ server: "environment" });
    await until(() => client.stderr.some((line) => line.startsWith("starting")));
    expect(client.stderr.find((line) => line.startsWith("starting"))).toBe(
      "starting with api_key=[redacted] for https://[redacted]@host/",
    );
  });
});

async function pidOf(client: WrapClient, word: string): Promise<number> {
  const find = () => client.stderr.find((line) => line.startsWith(`${word} `));
  await until(() => find() !== undefined);
  return Number(find()?.split(" ")[1]);
}

const grandchildOf = (client: WrapClient): Promise<number> => pidOf(client, "grandchild");
