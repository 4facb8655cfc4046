/** Taking telemetry out changes no decision: every story of the corpus, with it and without it, call by call. */

import { readdirSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { readStory, type Story, type StoryCall } from "../../src/commands/corpus/story.ts";
import type { Json } from "../../src/json/json.ts";
import { printJson } from "../../src/json/print-json.ts";
import { readJson } from "../../src/json/read-json.ts";
import type { OpenTelemetry } from "../../src/sidecar/open-telemetry.ts";
import { type LoopbackServer, sendJson, serveOnLoopback } from "../fixtures/loopback-server.ts";
import { NO_TELEMETRY } from "../fixtures/no-telemetry.ts";
import { startTestSidecar, type TestSidecar } from "../fixtures/start-sidecar.ts";

const FOLDER = new URL("../corpus/", import.meta.url);
const FILES = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((file) =>
  file.endsWith(".json"),
);

interface Side {
  readonly sidecar: TestSidecar;
  readonly upstream: LoopbackServer;
  /** Bodies that reached the server. */
  readonly passed: string[];
}

const sides: Side[] = [];
let nowMs = 0;
afterEach(async () => {
  for (const { sidecar, upstream } of sides.splice(0)) {
    await sidecar.stop();
    upstream.close();
  }
});

function load(file: string): Story {
  const reading = readJson(readFileSync(new URL(file, FOLDER), "utf8"));
  const story = reading.ok ? readStory(reading.value) : undefined;
  if (story?.ok !== true) throw new Error(`${file}: is no story`);
  return story.story;
}

async function start(file: string, story: Story, openTelemetry?: OpenTelemetry): Promise<Side> {
  const passed: string[] = [];
  const upstream = await serveOnLoopback((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    request.on("end", () => {
      passed.push(text);
      sendJson(
        response,
        text.includes('"tools/list"') ? listOf(story) : '{"jsonrpc":"2.0","id":1,"result":{}}',
      );
    });
  });
  const { policy } = story;
  const sidecar = await startTestSidecar({
    upstream: upstream.url,
    policy:
      typeof policy === "string"
        ? readFileSync(new URL(policy, new URL(file, FOLDER)), "utf8")
        : printJson(policy),
    flags: { mode: story.mode ?? "enforce" },
    settings: { identity: { header: { name: "X-Agent-Id", from: ["127.0.0.1"] } } },
    clock: { wallMs: () => nowMs, steadyMs: () => performance.now() },
    ...(openTelemetry && { openTelemetry }),
  });
  const side = { sidecar, upstream, passed };
  sides.push(side);
  return side;
}

function listOf({ tools = [] }: Story): string {
  const listed = tools.map(({ name, description, annotations = new Map() }) => ({
    name,
    description,
    inputSchema: { type: "object" },
    annotations: Object.fromEntries(annotations),
  }));
  return `{"jsonrpc":"2.0","id":1,"result":{"tools":${JSON.stringify(listed)}}}`;
}

function messageOf({ tool, method, args }: StoryCall): string {
  if (tool === undefined) return `"method":${JSON.stringify(method)}`;
  const params = new Map<string, Json>([["name", tool]]);
  if (args !== undefined) params.set("arguments", args);
  return `"method":"tools/call","params":${printJson(params)}`;
}

/** Status and answer, without the name that each decision gets for itself. */
async function send({ sidecar }: Side, message: string, call: Partial<StoryCall>): Promise<string> {
  const headers = {
    "content-type": "application/json",
    ...(call.agent !== undefined && { "x-agent-id": call.agent }),
    ...(call.session !== undefined && { "mcp-session-id": call.session }),
  };
  const body = `{"jsonrpc":"2.0","id":1,${message}}`;
  const response = await fetch(sidecar.url, { method: "POST", headers, body });
  const text = await response.text();
  return `${response.status} ${text.replaceAll(/[0-9a-f]{8}-[0-9a-z]+/g, "ID").replaceAll(/(Approval: |"approval_id":")[\w-]{12}/g, "$1ID")}`;
}

describe("the corpus with telemetry and without it", () => {
  it.each(FILES)("%s", async (file) => {
    const story = load(file);
    const startMs = Date.parse(story.start ?? "2026-01-01T00:00:00Z");
    nowMs = startMs;
    const observed = await start(file, story);
    const alone = await start(file, story, () => Promise.resolve(NO_TELEMETRY));
    const given: string[] = [];
    const without: string[] = [];
    const ask = async (message: string, call: Partial<StoryCall>): Promise<void> => {
      nowMs = startMs + (call.at ?? 0) * 1_000;
      given.push(await send(observed, message, call));
      without.push(await send(alone, message, call));
    };
    await ask('"method":"tools/list"', {});
    for (const call of story.calls) {
      for (let time = 0; time < (call.times ?? 1); time += 1) await ask(messageOf(call), call);
    }
    expect(without).toEqual(given);
    expect(alone.passed).toEqual(observed.passed);
    expect(observed.sidecar.audit().length).toBeGreaterThan(0);
    expect(await alone.sidecar.metrics()).toBe("");
  });
});
