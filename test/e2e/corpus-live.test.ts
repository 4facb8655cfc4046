/** Every story of the corpus once more, through the running sidecar and its HTTP relay, with the same outcome. */

import { readdirSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { describeCall } from "../../src/commands/corpus/play.ts";
import { readStory, type Story, type StoryCall } from "../../src/commands/corpus/story.ts";
import type { Json } from "../../src/json/json.ts";
import { printJson } from "../../src/json/print-json.ts";
import { readJson } from "../../src/json/read-json.ts";
import { type LoopbackServer, sendJson, serveOnLoopback } from "../fixtures/loopback-server.ts";
import { startTestSidecar, type TestSidecar } from "../fixtures/start-sidecar.ts";

const FOLDER = new URL("../corpus/", import.meta.url);
const FILES = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((file) =>
  file.endsWith(".json"),
);
/** A session that two agents share: live it belongs to the first, and the other one is refused before policy. */
const SHARED_SESSION = { file: "limit-scopes.json", call: "session by b" };

let upstream: LoopbackServer | undefined;
let sidecar: TestSidecar | undefined;
afterEach(async () => {
  await sidecar?.stop();
  upstream?.close();
});

function load(file: string): Story {
  const reading = readJson(readFileSync(new URL(file, FOLDER), "utf8"));
  if (!reading.ok) throw new Error(`${file}: ${reading.detail}`);
  const story = readStory(reading.value);
  if (!story.ok) throw new Error(`${file}: ${JSON.stringify(story.problems)}`);
  return story.story;
}

function listOf({ tools = [] }: Story): string {
  const listed = tools.map(({ name, description, arguments: names = [], annotations = new Map() }) => ({
    name,
    description,
    inputSchema: { type: "object", properties: Object.fromEntries(names.map((argument) => [argument, {}])) },
    annotations: Object.fromEntries(annotations),
  }));
  return `{"jsonrpc":"2.0","id":1,"result":{"tools":${JSON.stringify(listed)}}}`;
}

interface Stage {
  readonly running: TestSidecar;
  /** In seconds from the story's start. */
  readonly setClock: (seconds: number) => void;
  /** Lets the server list the tool, and then list it with another definition. */
  readonly change: (tool: string) => Promise<void>;
}

/** Starts a sidecar under the story's policy, on a clock of its own. */
async function start(file: string, story: Story): Promise<Stage> {
  const startMs = Date.parse(story.start ?? "2026-01-01T00:00:00Z");
  let nowMs = startMs;
  let listed = listOf(story);
  upstream = await serveOnLoopback((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    request.on("end", () =>
      sendJson(response, text.includes("tools/list") ? listed : `{"jsonrpc":"2.0","id":1,"result":{}}`),
    );
  });
  const running = await startTestSidecar({
    upstream: upstream.url,
    policy: policyOf(file, story),
    flags: { mode: story.mode ?? "enforce" },
    settings: { identity: { header: { name: "X-Agent-Id", from: ["127.0.0.1"] } } },
    clock: { wallMs: () => nowMs, steadyMs: () => performance.now() },
  });
  sidecar = running;
  if (story.tools !== undefined) await send(running, `"method":"tools/list"`, {});
  const change = async (name: string): Promise<void> => {
    for (const description of ["as it was", "as it is"]) {
      listed = listOf({ ...story, tools: [{ name, description }] });
      await send(running, `"method":"tools/list"`, {});
    }
  };
  return { running, setClock: (seconds) => (nowMs = startMs + seconds * 1_000), change };
}

/** A story may name the file of its policy, from where the story stands. */
function policyOf(file: string, { policy }: Story): string {
  return typeof policy === "string"
    ? readFileSync(new URL(policy, new URL(file, FOLDER)), "utf8")
    : printJson(policy);
}

async function send(
  { url }: TestSidecar,
  message: string,
  call: Pick<StoryCall, "agent" | "session">,
): Promise<string> {
  const headers = {
    "content-type": "application/json",
    ...(call.agent !== undefined && { "x-agent-id": call.agent }),
    ...(call.session !== undefined && { "mcp-session-id": call.session }),
  };
  const response = await fetch(url, { method: "POST", headers, body: `{"jsonrpc":"2.0","id":1,${message}}` });
  return response.text();
}

function messageOf({ tool, method, args }: StoryCall): string {
  if (tool === undefined) return `"method":${JSON.stringify(method)}`;
  const params = new Map<string, Json>([["name", tool]]);
  if (args !== undefined) params.set("arguments", args);
  return `"method":"tools/call","params":${printJson(params)}`;
}

/** What becomes of the call; one that a person approved is made, approved by hand, and made again. */
async function outcomeOf(running: TestSidecar, call: StoryCall): Promise<Record<string, unknown>> {
  const outcome = await outcomeOnce(running, call);
  if (call.approved !== true || outcome["effect"] !== "ask") return outcome;
  await approve(running, String(running.audit().at(-1)?.["approval"]));
  return outcomeOnce(running, call);
}

async function approve({ adminUrl }: TestSidecar, id: string): Promise<void> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ by: "the story" });
  const answer = await fetch(`${adminUrl}/approvals/${id}/approve`, { method: "POST", headers, body });
  expect(answer.status).toBe(200);
}

/** What the audit log and the answer say of the call, as far as the story names it. */
async function outcomeOnce(running: TestSidecar, call: StoryCall): Promise<Record<string, unknown>> {
  const before = running.audit().length;
  const answer = await send(running, messageOf(call), call);
  const record = running.audit()[before];
  const retry = /"retry_after_seconds":(\d+)/.exec(answer)?.[1];
  const { effect = "allow", reason, rule } = record ?? {};
  return { effect, reason, rule, answer, ...(retry !== undefined && { retry_after: Number(retry) }) };
}

function differences({ expect: expected }: StoryCall, outcome: Record<string, unknown>): string[] {
  const { message, retry_after: retry, ...words } = expected;
  const wrong: [string, unknown][] = Object.entries(words).filter(([key, wanted]) => outcome[key] !== wanted);
  const isSaid = expected.effect === "would_deny" || expected.effect === "allow";
  if (
    !isSaid &&
    message !== undefined &&
    !isUnknownTool(outcome) &&
    !String(outcome["answer"]).includes(message)
  ) {
    wrong.push(["message", message]);
  }
  if (!isSaid && retry !== undefined && outcome["retry_after"] !== Math.max(1, retry))
    wrong.push(["retry_after", retry]);
  return wrong.map(([key, wanted]) => `${key}: expected ${String(wanted)}, got ${String(outcome[key])}`);
}

/** The answer that tells nothing more on purpose. */
function isUnknownTool({ answer }: Record<string, unknown>): boolean {
  return String(answer).includes("Unknown tool: ");
}

describe("the corpus through the live proxy", () => {
  it("has stories", () => {
    expect(FILES.length).toBeGreaterThan(30);
  });

  it.each(FILES)("%s", async (file) => {
    const story = load(file);
    const { running, setClock, change } = await start(file, story);
    const wrong: string[] = [];
    for (const call of story.calls) {
      setClock(call.at ?? 0);
      if (call.changed === true) await change(call.tool ?? "");
      for (let time = 0; time < (call.times ?? 1); time += 1) {
        const found = differences(call, await outcomeOf(running, call));
        const isShared = file === SHARED_SESSION.file && describeCall(call) === SHARED_SESSION.call;
        if (isShared) expect(found).toContain("reason: expected rate_limited, got invalid_message");
        else if (found.length > 0) wrong.push([describeCall(call), ...found].join("; "));
      }
    }
    expect(wrong).toEqual([]);
  });
});
