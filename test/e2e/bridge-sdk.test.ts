/** What the official clients of both SDK generations and stdio servers of both eras say to each other, over HTTP through the bridge. */

import { fileURLToPath } from "node:url";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import { stdioServer } from "../fixtures/bridge.ts";
import { startTestSidecar, type TestSidecar } from "../fixtures/start-sidecar.ts";
import type { ClientV1 } from "./relay/client-v1.ts";
import { connectV1 } from "./relay/client-v1.ts";
import { connectV2 } from "./relay/client-v2.ts";
import type { RelayClient } from "./relay/relay-client.ts";
import { MODEL_ANSWER, USER_ANSWER } from "./relay/relay-client.ts";

const EVERYTHING = fileURLToPath(
  import.meta.resolve("@modelcontextprotocol/server-everything/dist/index.js"),
);

const CLIENTS: readonly { readonly name: string; readonly connect: (url: string) => Promise<RelayClient> }[] =
  [
    { name: "client 1.x", connect: (url) => connectV1(url) },
    { name: "client 2.x that is told the era", connect: (url) => connectV2(url, "legacy") },
    { name: "client 2.x that finds out the era", connect: (url) => connectV2(url, "auto") },
  ];

describe("a server of both eras", () => {
  let sidecar: TestSidecar;

  beforeAll(async () => {
    const { command, args } = stdioServer("dual-era");
    sidecar = await startTestSidecar({ command: [command, ...args] });
  });

  afterAll(() => sidecar.stop());

  describe.each(CLIENTS)("and $name", ({ connect }) => {
    let client: RelayClient;

    beforeEach(async () => {
      client = await connect(sidecar.url);
    });

    afterEach(() => client.close());

    it("get the result of a call", async () => {
      expect(await client.listTools()).toContain("greet");
      expect(await client.call("greet", { name: "Ada" })).toBe("Hello, Ada!");
    });

    it("ask the model and the user within a call, round after round", async () => {
      expect(await client.call("test_sampling", { prompt: "six by nine" })).toContain(MODEL_ANSWER);
      expect(await client.call("test_elicitation", { message: "who?" })).toContain(USER_ANSWER.email);
      expect(await client.call("test_input_required_result_multi_round")).toBe("state-ok after 2 rounds");
    });

    it("see progress while the call runs", async () => {
      const seen: number[] = [];
      let isDone = false;
      const onProgress = (progress: number): void => void seen.push(progress);
      const done = client.call("test_tool_with_progress", {}, { onProgress }).then(() => (isDone = true));
      await vi.waitFor(() => expect(seen.length).toBeGreaterThan(0), { interval: 1 });
      expect(isDone).toBe(false);
      await done;
      expect(seen).toEqual([0, 50, 100]);
    });

    it("cancel a call in the server", async () => {
      const before = await observed(client);
      const abort = new AbortController();
      const call = client.call("wait_for_cancel", {}, { signal: abort.signal });
      const running = { ...before, waitingCalls: before.waitingCalls + 1 };
      await vi.waitFor(async () => expect(await observed(client)).toEqual(running));
      abort.abort();
      await expect(call).rejects.toThrow(/abort/i);
      const over = { ...before, abortedCalls: before.abortedCalls + 1 };
      await vi.waitFor(async () => expect(await observed(client)).toEqual(over));
    });

    it("read resources, prompts and completions", async () => {
      expect(await client.readText("test://template/7/data")).toContain('"id":"7"');
      const prompt = await client.promptText("test_prompt_with_arguments", { arg1: "left", arg2: "right" });
      expect(prompt).toBe("Prompt with arguments: arg1='left', arg2='right'");
      expect(await client.completions("test_prompt_with_arguments", "arg1", "par")).toEqual([
        "paris",
        "parma",
      ]);
    });

    it("keep the server's own words about an unknown tool", async () => {
      await expect(client.call("no_such_tool")).rejects.toThrow(/Unknown tool: no_such_tool/);
    });
  });

  it("lets a session hear of what it subscribed to, and its log in order", async () => {
    const client = await connectV1(sidecar.url);
    await client.sdk.setLoggingLevel("info");
    await client.call("test_tool_with_logging");
    await client.sdk.subscribeResource({ uri: "test://watched-resource" });
    await client.call("touch_watched_resource");
    await client.call("test_trigger_tool_change");
    await vi.waitFor(() =>
      expect(client.notifications).toEqual([
        "notifications/message Tool execution started",
        "notifications/message Tool processing data",
        "notifications/message Tool execution completed",
        "notifications/resources/updated test://watched-resource",
        "notifications/tools/list_changed",
      ]),
    );
    await client.close();
  });

  it("lets two listeners of the modern era hear what each listens to, and nothing else", async () => {
    const [one, two] = [await connectV2(sidecar.url, "auto"), await connectV2(sidecar.url, "auto")];
    const listening = await Promise.all([
      one.sdk.listen({ toolsListChanged: true }),
      two.sdk.listen({ resourceSubscriptions: ["test://watched-resource"] }),
    ]);
    await one.call("touch_watched_resource");
    await two.call("test_trigger_tool_change");
    await vi.waitFor(() => {
      expect(one.notifications).toEqual(["notifications/tools/list_changed"]);
      expect(two.notifications).toEqual(["notifications/resources/updated test://watched-resource"]);
    });
    await Promise.all(listening.map((stream) => stream.close()));
    await Promise.all([one.close(), two.close()]);
  });
});

async function observed(client: RelayClient): Promise<{ waitingCalls: number; abortedCalls: number }> {
  return JSON.parse(await client.readText("test://observed"));
}

describe("server-everything over stdio", () => {
  let sidecar: TestSidecar;

  beforeAll(async () => {
    sidecar = await startTestSidecar({ command: [process.execPath, EVERYTHING, "stdio"] });
  });

  afterAll(() => sidecar.stop());

  describe.each(CLIENTS)("and $name", ({ connect }) => {
    let client: RelayClient;

    beforeEach(async () => {
      client = await connect(sidecar.url);
    });

    afterEach(() => client.close());

    it("get results, and ask the model and the user within a call", async () => {
      expect(await client.listTools()).toContain("get-sum");
      expect(await client.call("get-sum", { a: 20, b: 22 })).toContain("42");
      expect(await client.call("trigger-sampling-request", { prompt: "six by nine" })).toContain(
        MODEL_ANSWER,
      );
      expect(await client.call("trigger-elicitation-request")).toContain(USER_ANSWER.name);
    });

    it("see progress in order", async () => {
      const seen: number[] = [];
      const onProgress = (progress: number): void => void seen.push(progress);
      await client.call("trigger-long-running-operation", { duration: 0.3, steps: 3 }, { onProgress });
      expect(seen).toEqual([1, 2, 3]);
    });
  });

  it("lets a client hear of a resource that it subscribed to, while no call runs", async () => {
    const client: ClientV1 = await connectV1(sidecar.url);
    const uri = "demo://resource/dynamic/text/1";
    await client.sdk.subscribeResource({ uri });
    await client.call("toggle-subscriber-updates");
    const updated = `notifications/resources/updated ${uri}`;
    await vi.waitFor(() => expect(client.notifications).toContain(updated), 10_000);
    await client.close();
  });
});
