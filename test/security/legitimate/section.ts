/** Records the requests of official clients of both eras before and behind the sidecar: all must pass, token by token. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";

import { connectV1 } from "../../e2e/relay/client-v1.ts";
import { connectV2 } from "../../e2e/relay/client-v2.ts";
import type { RelayClient } from "../../e2e/relay/relay-client.ts";
import { withoutWhitespace } from "../../fixtures/json/meaning.ts";
import { startDualEraServer } from "../../fixtures/servers/dual-era.ts";
import { startTestSidecar } from "../../fixtures/start-sidecar.ts";
import type { Figure, Section, SectionContext } from "../figure.ts";
import { startTap } from "./tap.ts";
import { VALUES } from "./values.ts";

const LEAST_MESSAGES = 1_000;
const PYTHON_CLIENT = resolve(import.meta.dirname, "../servers/python/client.py");

type Converse = (url: string, context: SectionContext) => Promise<void>;

const CLIENTS: readonly { readonly name: string; readonly converse: Converse }[] = [
  { name: "TypeScript SDK 1.x", converse: async (url) => talk(await connectV1(url)) },
  { name: "TypeScript SDK 2.x, 2025-11-25", converse: async (url) => talk(await connectV2(url, "legacy")) },
  { name: "TypeScript SDK 2.x, 2026-07-28", converse: async (url) => talk(await connectV2(url, "auto")) },
  {
    name: "Python SDK, 2025-11-25",
    converse: (url, { toolchain }) => talkPython(toolchain.python, url, "legacy"),
  },
  {
    name: "Python SDK, 2026-07-28",
    converse: (url, { toolchain }) => talkPython(toolchain.python, url, "auto"),
  },
];

export const LEGITIMATE: Section = {
  name: "legitimate",
  run: async (context) => {
    const server = await startDualEraServer();
    const behind = await startTap(server.url);
    const sidecar = await startTestSidecar({
      upstream: behind.url,
      policy: { version: "1", default: "allow" },
    });
    const before = await startTap(sidecar.url);
    const counts: string[] = [];
    for (const { name, converse } of CLIENTS) {
      const from = before.seen.length;
      await converse(before.url, context);
      const messages = before.seen.slice(from);
      counts.push(`${name}: ${messages.length} messages, ${modernIn(messages)} of them modern`);
    }
    await before.close();
    await sidecar.stop();
    await behind.close();
    await server.close();
    return [describe(before.seen, behind.seen, counts)];
  },
};

/** Everything that a client can ask, with every value as an argument. */
async function talk(client: RelayClient): Promise<void> {
  await attempt(client.call("test_sampling", { prompt: "six by nine" }));
  await attempt(client.call("test_elicitation", { message: "who?" }));
  await attempt(client.call("test_input_required_result_elicitation", { name: "x" }));
  await attempt(client.call("test_tool_with_progress", {}, { onProgress: () => undefined }));
  for (const [index, value] of VALUES.entries()) {
    await attempt(client.call("greet", { name: "Ada", value }));
    await attempt(client.readText(`test://template/${index}/data`));
    await attempt(
      client.promptText("test_prompt_with_arguments", { arg1: "paris", arg2: JSON.stringify(value) }),
    );
    await attempt(client.completions("test_prompt_with_arguments", "arg1", "p"));
    await attempt(client.listTools());
  }
  await client.close();
}

/** Ignores an error response: the test compares only the requests. */
async function attempt(request: Promise<unknown>): Promise<void> {
  await request.catch(() => undefined);
}

async function talkPython(python: string, url: string, mode: string): Promise<void> {
  const child = spawn(python, [PYTHON_CLIENT, url, mode, JSON.stringify(VALUES)], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`the Python client ended with ${String(code)}`);
}

function modernIn(messages: readonly string[]): number {
  return messages.filter((text) => text.includes("io.modelcontextprotocol/protocolVersion")).length;
}

function describe(sent: readonly string[], arrived: readonly string[], counts: readonly string[]): Figure {
  const left = new Map<string, number>();
  for (const text of arrived) left.set(text, (left.get(text) ?? 0) + 1);
  const lost = sent.filter((text) => !take(left, withoutWhitespace(text)));
  const percent = (((sent.length - lost.length) / sent.length) * 100).toFixed(2);
  return {
    name: "legitimate corpus from official TypeScript and Python clients",
    figure: `${percent} % of ${sent.length} messages forwarded token by token, ${modernIn(sent)} of them modern`,
    bar: `100 % of at least ${LEAST_MESSAGES}`,
    isMet: lost.length === 0 && sent.length >= LEAST_MESSAGES,
    details: [...counts, ...lost.map((text) => `lost: ${text.slice(0, 160)}`)],
  };
}

function take(left: Map<string, number>, text: string): boolean {
  const count = left.get(text) ?? 0;
  left.set(text, count - 1);
  return count > 0;
}
