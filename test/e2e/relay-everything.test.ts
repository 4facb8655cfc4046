/** The reference server and the official Inspector, with the sidecar between them. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import type { EverythingServer } from "../fixtures/servers/everything.ts";
import { startEverythingServer } from "../fixtures/servers/everything.ts";
import type { RunningTollgate } from "../fixtures/start-tollgate.ts";
import { startTollgateProcess } from "../fixtures/start-tollgate.ts";
import { connectV1 } from "./relay/client-v1.ts";
import { connectV2 } from "./relay/client-v2.ts";
import { inspect } from "./relay/inspector.ts";
import type { RelayClient } from "./relay/relay-client.ts";
import { MODEL_ANSWER, USER_ANSWER } from "./relay/relay-client.ts";

let server: EverythingServer;
let tollgate: RunningTollgate;

beforeAll(async () => {
  server = await startEverythingServer();
  tollgate = await startTollgateProcess({ upstream: server.url, flags: ["--log-level", "error"] });
});

afterAll(async () => {
  await tollgate.stop();
  await server.close();
});

const CLIENTS: readonly { readonly name: string; readonly connect: (url: string) => Promise<RelayClient> }[] =
  [
    { name: "client 1.x", connect: (url) => connectV1(url) },
    { name: "client 2.x that is told the era", connect: (url) => connectV2(url, "legacy") },
    { name: "client 2.x that finds out the era", connect: (url) => connectV2(url, "auto") },
  ];

describe.each(CLIENTS)("$name and server-everything", ({ connect }) => {
  let client: RelayClient;

  beforeEach(async () => {
    client = await connect(tollgate.url);
  });

  afterEach(() => client.close());

  it("lists the tools that the server has", async () => {
    const direct = await connect(server.url);
    expect(await client.listTools()).toEqual(await direct.listTools());
    await direct.close();
  });

  it("gets the result of a call", async () => {
    expect(await client.call("get-sum", { a: 20, b: 22 })).toContain("42");
  });

  it("answers for its model inside a call", async () => {
    expect(await client.call("trigger-sampling-request", { prompt: "six by nine" })).toContain(MODEL_ANSWER);
  });

  it("answers for its user inside a call", async () => {
    expect(await client.call("trigger-elicitation-request")).toContain(USER_ANSWER.name);
  });

  it("sees progress in order", async () => {
    const seen: number[] = [];
    const input = { duration: 0.3, steps: 3 };
    await client.call("trigger-long-running-operation", input, {
      onProgress: (progress) => seen.push(progress),
    });
    expect(seen).toEqual([1, 2, 3]);
  });
});

it("a client 1.x hears of a resource of server-everything that it subscribed to", async () => {
  const client = await connectV1(tollgate.url);
  const uri = "demo://resource/dynamic/text/1";
  await client.sdk.subscribeResource({ uri });
  await client.call("toggle-subscriber-updates");
  await vi.waitFor(
    () => expect(client.notifications).toContain(`notifications/resources/updated ${uri}`),
    10_000,
  );
  await client.close();
});

describe("the Inspector's command line", () => {
  it("lists the tools of server-everything", async () => {
    const through = await inspect(tollgate.url, ["--method", "tools/list"]);
    const direct = await inspect(server.url, ["--method", "tools/list"]);
    expect(through).toEqual(direct);
    expect(through.code).toBe(0);
    expect(through.stdout).toContain('"get-sum"');
  });

  it("calls a tool of server-everything", async () => {
    const args = ["--method", "tools/call", "--tool-name", "get-sum", "--tool-arg", "a=20", "b=22"];
    const { code, stdout } = await inspect(tollgate.url, args);
    expect(code).toBe(0);
    expect(stdout).toContain("42");
  });

  it("calls a tool of it ten at a time", async () => {
    const call = ["--method", "tools/call", "--tool-name", "echo", "--tool-arg", "message=hello"];
    const { code, stdout } = await inspect(tollgate.url, [...call, "--load", "--load-requests", "200"]);
    expect(code, stdout).toBe(0);
  });
});
