/** Servers that misbehave, each in one way, behind `tollgate -- SERVER`: what their client sees. */

import { describe, expect, it } from "vitest";

import { until } from "../fixtures/start-sidecar.ts";
import type { WrapClient } from "../fixtures/start-wrap.ts";
import { wrappedClients } from "../fixtures/wrapped-clients.ts";

const { wrap, records } = wrappedClients();

const DROPPED = "tollgate_upstream_lines_dropped_total";

async function outcomes(client: WrapClient): Promise<unknown[]> {
  await client.close();
  return records().map(({ upstream }) => (upstream as { outcome?: unknown }).outcome);
}

describe("the client of a server that", () => {
  it("is silent waits, as without Tollgate, and receives an error when the server has exited", async () => {
    const client = wrap({ server: "silent" });
    client.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "echo" } });
    await until(async () => (await client.metric("tollgate_inflight_requests")) === 1);
    expect(client.lines).toEqual([]);
    expect(await outcomes(client)).toEqual(["cancelled"]);
    expect(client.replies()).toMatchObject([{ id: 1, error: { code: -32_603 } }]);
  });

  it("is slow receives all responses, even after its own input ended", async () => {
    const client = wrap({ server: "slow" });
    client.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "echo" } });
    client.send({ jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "echo" } });
    expect(await outcomes(client)).toEqual(["success", "success"]);
    expect(client.replies().map(({ id }) => id)).toEqual([1, 2]);
  });

  it("splits its characters between writes receives them whole", async () => {
    const client = wrap({ server: "split-utf8" });
    const { result } = await client.call(1, "echo", { text: "äöü – 漢字 – 🐚" });
    expect(result?.content?.[0]?.text).toBe('{"text":"äöü – 漢字 – 🐚"}');
  });

  it("writes a huge line receives it if it is within the maximum, and otherwise an error", async () => {
    const client = wrap({ server: "huge-line" });
    const { result } = await client.call(1, "echo", { bytes: 20_000_000 });
    expect(result?.content?.[0]?.text).toHaveLength(20_000_000);
    expect(await client.call(2, "echo", { bytes: 40_000_000 })).toMatchObject({
      error: { code: -32_603, message: expect.stringContaining("too long") },
    });
    expect(await client.metric(DROPPED, { cause: "too_large" })).toBe(1);
    expect(await outcomes(client)).toEqual(["success", "upstream_error"]);
  });

  it("omits the last line break receives the complete line", async () => {
    const client = wrap({ server: "no-newline" });
    expect(await client.call(1, "echo")).toMatchObject({ result: {} });
    expect(await client.ended).toEqual({ code: 0, signal: null });
  });

  it("prints a banner receives only responses, and the banner's lines are counted", async () => {
    const client = wrap({ server: "banner" });
    await client.ask(1, "ping");
    await client.call(2, "echo");
    expect(client.replies().map(({ id }) => id)).toEqual([1, 2]);
    expect(await client.metric(DROPPED, { cause: "not_json_rpc" })).toBe(4);
  });

  it("writes garbage receives only responses, and the garbage is counted", async () => {
    const client = wrap({ server: "garbage" });
    await client.call(1, "echo");
    // The server writes most of it around its response.
    await expect.poll(() => client.metric(DROPPED, { cause: "not_json_rpc" }), { timeout: 60_000 }).toBe(7);
    expect(client.replies()).toHaveLength(1);
  });

  it("responds twice receives one response", async () => {
    const client = wrap({ server: "duplicate-reply" });
    await client.call(1, "echo");
    await client.ask(2, "ping");
    expect(client.replies().map(({ id }) => id)).toEqual([1, 2]);
    expect(await client.metric(DROPPED, { cause: "unmatched" })).toBe(1);
  });

  it("responds to an unknown id does not receive that response", async () => {
    const client = wrap({ server: "reply-to-nothing" });
    await client.call(1, "echo");
    expect(client.replies().map(({ id }) => id)).toEqual([1]);
    expect(await client.metric(DROPPED, { cause: "unmatched" })).toBe(1);
  });

  it("dies at start sees its stderr output and its exit code", async () => {
    const client = wrap({ server: "dies-at-start" });
    expect(await client.ended).toEqual({ code: 3, signal: null });
    expect(client.stderr).toContain("fixture: no configuration found");
    expect(client.lines).toEqual([]);
  });

  it("dies in a call receives an error for that call and for all waiting calls", async () => {
    const client = wrap({ server: "dies-mid-call" });
    client.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "echo" } });
    client.send({ jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "echo" } });
    expect(await client.ended).toEqual({ code: 137, signal: null });
    const replies = client.replies().map(({ id, error }) => [id, error?.code]);
    expect(replies).toHaveLength(2);
    expect(replies).toEqual(
      expect.arrayContaining([
        [1, -32_603],
        [2, -32_603],
      ]),
    );
    expect(records()).toMatchObject([
      { upstream: { outcome: "upstream_error" } },
      { upstream: { outcome: "upstream_error" } },
    ]);
  });

  it("ignores SIGTERM sees it killed", async () => {
    const client = wrap({ server: "ignores-sigterm" });
    await client.ask(1, "ping");
    client.process.kill("SIGTERM");
    expect(await client.ended).toEqual({ code: 137, signal: null });
  });

  it("starts a child process can stop both", async () => {
    const client = wrap({ server: "forks-grandchild" });
    await client.ask(1, "ping");
    expect(await client.close()).toEqual({ code: 0, signal: null });
  });

  it("floods stderr receives responses and part of the stderr output", async () => {
    const client = wrap({ server: "floods-stderr" });
    await until(() => client.stderr.some((line) => line.includes("lines left out")));
    expect(await client.ask(1, "ping")).toMatchObject({ result: {} });
    await client.close();
    expect(client.stderr.length).toBeLessThan(10_000);
  });

  it("floods stdout receives responses at the pace at which it reads, with constant memory in Tollgate", async () => {
    const client = wrap({ server: "floods-stdout" });
    await until(() => client.lines.length > 1_000);
    client.process.stdout.pause();
    const first = await client.metric("process_resident_memory_bytes");
    for (let scrape = 0; scrape < 50; scrape += 1) await client.metric("process_resident_memory_bytes");
    expect(await client.metric("process_resident_memory_bytes")).toBeLessThan(first + 30_000_000);
    client.process.stdout.resume();
    expect(await client.ask(1, "ping")).toMatchObject({ result: {} });
  });
});
