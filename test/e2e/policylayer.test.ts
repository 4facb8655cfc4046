/** Two policies as PolicyLayer publishes them, unchanged, through the real sidecar with an official client. */

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { McpError } from "@modelcontextprotocol/sdk/types.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoServer, startDemoServer } from "../../src/commands/demo/server.ts";
import { atEnd, temporaryFile } from "../fixtures/lifetime.ts";
import { type RunningTollgate, startTollgateProcess } from "../fixtures/start-tollgate.ts";

const PUBLISHED = [
  { tool: "StartAHORunBatch", file: "start-aho-run-batch.json" },
  { tool: "StartAHOReadSetExportJob", file: "start-aho-read-set-export-job.json" },
];

const CONFIG = temporaryFile(
  "config.yaml",
  'identity: { header: { name: X-Agent-Id, from: ["127.0.0.1"] } }\nbounds: { lame-duck-ms: 0 }\n',
);

let server: DemoServer;

beforeAll(async () => {
  server = await startDemoServer();
  atEnd(() => server.stop());
});

function startWith(policy: string): Promise<RunningTollgate> {
  const flags = ["--policy", policy, "--config", CONFIG, "--log-level", "error"];
  return startTollgateProcess({ upstream: server.url, flags });
}

function published(file: string): string {
  return join(import.meta.dirname, "../fixtures/policies", file);
}

async function connect(tollgate: RunningTollgate, agent: string): Promise<Client> {
  const client = new Client({ name: "e2e", version: "1.0.0" });
  const requestInit = { headers: { "X-Agent-Id": agent } };
  await client.connect(new StreamableHTTPClientTransport(new URL(tollgate.url), { requestInit }));
  return client;
}

interface Answer {
  readonly isError: boolean;
  readonly text: string;
  readonly meta: unknown;
}

async function call(client: Client, tool: string): Promise<Answer> {
  const result = await client.callTool({ name: tool, arguments: {} });
  const content: unknown = result.content;
  return { isError: result.isError === true, text: JSON.stringify(content), meta: result["_meta"] };
}

/** The answers to `count` calls that fell into one minute of the clock: one that did not is tried again by a new agent. */
async function callWithinOneMinute(
  tollgate: RunningTollgate,
  tool: string,
  count: number,
): Promise<Answer[]> {
  for (;;) {
    const client = await connect(tollgate, randomUUID());
    const minute = currentMinute();
    const answers: Answer[] = [];
    for (let index = 0; index < count; index++) answers.push(await call(client, tool));
    await client.close();
    if (currentMinute() === minute) return answers;
  }
}

function currentMinute(): number {
  return Math.floor(Date.now() / 60_000);
}

describe.each(PUBLISHED)("the published policy for $tool", ({ tool, file }) => {
  let tollgate: RunningTollgate;

  beforeAll(async () => {
    tollgate = await startWith(published(file));
  });
  afterAll(() => tollgate.stop());

  it("passes ten calls in a minute", async () => {
    const answers = await callWithinOneMinute(tollgate, tool, 10);
    expect(answers.filter((answer) => answer.isError)).toEqual([]);
  });

  it("refuses the eleventh with a text that says when to try again", async () => {
    const eleventh = (await callWithinOneMinute(tollgate, tool, 11)).at(-1);
    expect(eleventh?.isError).toBe(true);
    expect(eleventh?.text).toMatch(/\[POLICY DENIED\].*try again in ([1-9]|[1-5][0-9]|60) s"/);
  });

  it("says the same in words for programs", async () => {
    const eleventh = (await callWithinOneMinute(tollgate, tool, 11)).at(-1);
    expect(eleventh?.meta).toMatchObject({
      "dev.tollgate/decision": {
        effect: "deny",
        reason: "rate_limited",
        rule: `/tools/${tool}/limits/${tool.toLowerCase()}_rate-per-minute`,
        retryable: true,
        retry_after_seconds: expect.any(Number),
      },
    });
  });

  it("counts each agent on its own", async () => {
    const answers = await callWithinOneMinute(tollgate, tool, 11);
    const others = await callWithinOneMinute(tollgate, tool, 1);
    expect([answers.at(-1)?.isError, others.at(-1)?.isError]).toEqual([true, false]);
  });

  it("refuses another tool of the server", async () => {
    const client = await connect(tollgate, "other");
    const refusal = client.callTool({ name: "GetAHOBatch", arguments: { batch_id: "1" } });
    await expect(refusal).rejects.toThrow(new McpError(-32_602, "Unknown tool: GetAHOBatch"));
    await client.close();
  });
});

describe("a published policy that hides a tool", () => {
  let tollgate: RunningTollgate;
  let client: Client;

  beforeAll(async () => {
    const document: object = JSON.parse(readFileSync(published("start-aho-run-batch.json"), "utf8"));
    const file = temporaryFile("hiding.json", { ...document, hide: ["DeleteAHOBatch"] });
    tollgate = await startWith(file);
    client = await connect(tollgate, "hidden-from");
  });
  afterAll(async () => {
    await client.close();
    await tollgate.stop();
  });

  it("keeps it out of the list of tools", async () => {
    const { tools } = await client.listTools();
    const names = tools.map((tool) => tool.name);
    expect(names).toContain("StartAHORunBatch");
    expect(names).not.toContain("DeleteAHOBatch");
  });

  it.each(["DeleteAHOBatch", "NoSuchTool"])(
    "answers a call of %s as one of a tool that is not there",
    async (tool) => {
      const refusal = client.callTool({ name: tool, arguments: {} });
      await expect(refusal).rejects.toThrow(new McpError(-32_602, `Unknown tool: ${tool}`));
    },
  );
});
