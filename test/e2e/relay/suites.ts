/** Tests that every official client must pass with a server, through whatever is between them. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { connectV1 } from "./client-v1.ts";
import { connectV2 } from "./client-v2.ts";
import { MODEL_ANSWER, type RelayClient, USER_ANSWER } from "./relay-client.ts";

interface Connection {
  readonly client: () => RelayClient;
  readonly connect: (url: string) => Promise<RelayClient>;
}

const CLIENTS: readonly Pick<Connection & { readonly name: string }, "name" | "connect">[] = [
  { name: "client 1.x", connect: (url) => connectV1(url) },
  { name: "client 2.x in the era of 2025", connect: (url) => connectV2(url, "legacy") },
  { name: "client 2.x that negotiates the era", connect: (url) => connectV2(url, "auto") },
];

/** Describes each client; every test gets a new connection. */
export function describeClients(url: () => string, claims: (connection: Connection) => void): void {
  describe.each(CLIENTS)("$name", ({ connect }) => {
    let client: RelayClient;
    beforeEach(async () => {
      client = await connect(url());
    });
    afterEach(() => client.close());
    claims({ client: () => client, connect });
  });
}

/** A test in which the client sees the same list of tools as one that is connected directly. */
export function itListsTools({ client, connect }: Connection, directUrl: () => string): void {
  it("lists the tools that the server has", async () => {
    const direct = await connect(directUrl());
    expect(await client().listTools()).toEqual(await direct.listTools());
    await direct.close();
  });
}

interface CallCounts {
  readonly waitingCalls: number;
  readonly abortedCalls: number;
}

/** Reads the counts from the resource of the stdio server. */
async function readCounts(client: RelayClient): Promise<CallCounts> {
  return JSON.parse(await client.readText("test://observed"));
}

/** Tests of a client that is connected to the dual-era server; `countCalls` returns what the server has counted. */
export function itServesBothEras(
  { client }: Connection,
  countCalls: (client: RelayClient) => Promise<CallCounts> = readCounts,
): void {
  it("gets the result of a call", async () => {
    expect(await client().listTools()).toContain("greet");
    expect(await client().call("greet", { name: "Ada" })).toBe("Hello, Ada!");
  });

  it("answers for its model and its user inside a call", async () => {
    expect(await client().call("test_sampling", { prompt: "six by nine" })).toContain(MODEL_ANSWER);
    expect(await client().call("test_elicitation", { message: "who?" })).toContain(USER_ANSWER.email);
  });

  it.each([
    ["round after round", "multi_round", 2],
    ["three requests of one round", "multiple_inputs", 1],
  ])("answers %s", async (_what, tool, rounds) => {
    const text = await client().call(`test_input_required_result_${tool}`);
    expect(text).toBe(`state-ok after ${rounds} rounds`);
  });

  it("sees progress while the call runs", async () => {
    const seen: number[] = [];
    let isDone = false;
    const onProgress = (progress: number): void => void seen.push(progress);
    const done = client()
      .call("test_tool_with_progress", {}, { onProgress })
      .then(() => (isDone = true));
    await vi.waitFor(() => expect(seen.length).toBeGreaterThan(0), { interval: 1, timeout: 60_000 });
    expect(isDone).toBe(false);
    await done;
    expect(seen).toEqual([0, 50, 100]);
  });

  it("cancels a call in the server", async () => {
    const { waitingCalls, abortedCalls } = await countCalls(client());
    const abort = new AbortController();
    const call = client().call("wait_for_cancel", {}, { signal: abort.signal });
    const running = { waitingCalls: waitingCalls + 1, abortedCalls };
    await vi.waitFor(async () => expect(await countCalls(client())).toMatchObject(running), 60_000);
    abort.abort();
    await expect(call).rejects.toThrow(/abort/i);
    const over = { waitingCalls, abortedCalls: abortedCalls + 1 };
    await vi.waitFor(async () => expect(await countCalls(client())).toMatchObject(over), 60_000);
  });

  it("reads resources, prompts and completions", async () => {
    expect(await client().readText("test://template/7/data")).toContain('"id":"7"');
    const prompt = await client().promptText("test_prompt_with_arguments", { arg1: "left", arg2: "right" });
    expect(prompt).toBe("Prompt with arguments: arg1='left', arg2='right'");
    const completions = await client().completions("test_prompt_with_arguments", "arg1", "par");
    expect(completions).toEqual(["paris", "parma"]);
  });

  it("gets the server's own error for an unknown tool", async () => {
    await expect(client().call("no_such_tool")).rejects.toThrow(/Unknown tool: no_such_tool/);
  });
}

/** Tests of a client that is connected to server-everything. */
export function itServesEverything({ client }: Connection): void {
  it("gets the result of a call", async () => {
    expect(await client().listTools()).toContain("get-sum");
    expect(await client().call("get-sum", { a: 20, b: 22 })).toContain("42");
  });

  it("answers for its model and its user inside a call", async () => {
    const sampling = client().call("trigger-sampling-request", { prompt: "six by nine" });
    expect(await sampling).toContain(MODEL_ANSWER);
    expect(await client().call("trigger-elicitation-request")).toContain(USER_ANSWER.name);
  });

  it("sees progress in order", async () => {
    const seen: number[] = [];
    const onProgress = (progress: number): void => void seen.push(progress);
    await client().call("trigger-long-running-operation", { duration: 0.3, steps: 3 }, { onProgress });
    expect(seen).toEqual([1, 2, 3]);
  });
}

/** A test in which a client 1.x is notified of a resource of server-everything. */
export function itNotifiesOfEverything(url: () => string): void {
  it("notifies a client 1.x of a resource that it subscribed to, while no call runs", async () => {
    const client = await connectV1(url());
    const uri = "demo://resource/dynamic/text/1";
    await client.sdk.subscribeResource({ uri });
    await client.call("toggle-subscriber-updates");
    const updated = `notifications/resources/updated ${uri}`;
    await vi.waitFor(() => expect(client.notifications).toContain(updated), 60_000);
    await client.close();
  });
}
