/** A sidecar's audit log gives a policy under which the same traffic passes, and other traffic does not. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { run } from "../commands/policy/run.ts";
import { serve, startSidecar, temporaryFolder } from "../fixtures/lifetime.ts";
import { toolCall } from "../fixtures/open-loop.ts";
import { postForText } from "../fixtures/post.ts";
import { until } from "../fixtures/start-sidecar.ts";

const CONFIG = `
identity: { header: { name: X-Agent-Id, from: ["127.0.0.1"] } }
audit: { capture: [{ tool: start, paths: [args.region, args.size, args.job.kind] }] }
`;

type Sent = readonly [agent: string, tool: string, args: object];

const TRAFFIC: readonly Sent[] = [
  ...Array.from({ length: 30 }, (_none, index): Sent => {
    const args = { region: index % 2 === 0 ? "eu" : "us", size: index, job: { kind: "nightly" } };
    return ["batch", "start", args];
  }),
  ["batch", "start", { region: "eu", size: 3, job: {} }],
  ["batch", "list", {}],
  ["planner", "list", { all: true }],
];
const OTHERS: readonly (readonly [...Sent, reason: string])[] = [
  ["batch", "drop", {}, "default_deny"],
  ["planner", "start", { region: "eu", size: 1 }, "condition"],
  ["batch", "start", { region: "asia", size: 1 }, "condition"],
  ["batch", "start", { region: "eu", size: 30 }, "condition"],
  ["batch", "start", { region: "eu", size: "1" }, "condition_unevaluable"],
];

async function sidecarWith(policy?: string) {
  const options = { upstream: (await serve()).url, config: CONFIG };
  return startSidecar(policy === undefined ? options : { ...options, policy });
}

async function send(url: string, [agent, tool, args]: Sent): Promise<void> {
  await postForText(url, toolCall(tool, args), { "x-agent-id": agent });
}

it("denies nothing of its own traffic, and everything else", async () => {
  const file = join(temporaryFolder(), "audit.jsonl");
  const first = await sidecarWith();
  for (const sent of TRAFFIC) await send(first.url, sent);
  await until(() => first.audit().length === TRAFFIC.length);
  writeFileSync(
    file,
    first
      .audit()
      .map((record) => `${JSON.stringify(record)}\n`)
      .join(""),
  );
  const out = join(temporaryFolder(), "learned.json");
  expect((await run("learn", "--audit", file, "--mode", "enforce", "--out", out)).code).toBe(0);
  await first.stop();

  const second = await sidecarWith(readFileSync(out, "utf8"));
  for (const sent of TRAFFIC) await send(second.url, sent);
  for (const [agent, tool, args] of OTHERS) await send(second.url, [agent, tool, args]);
  await until(() => second.audit().length === TRAFFIC.length + OTHERS.length);
  const decisions = second.audit().map(({ effect, reason }) => reason ?? effect);
  expect(decisions.slice(0, TRAFFIC.length)).toEqual(TRAFFIC.map(() => "allow"));
  expect(decisions.slice(TRAFFIC.length)).toEqual(OTHERS.map(([, , , reason]) => reason));
});
