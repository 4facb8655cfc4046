/** A thousand reloads under load, a bad file every tenth, with limits in memory and in a store. */

import { rmSync, writeFileSync, mkdtempSync } from "node:fs";
import { Agent as HttpAgent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { policyDigest } from "../../src/config/files/policy-file.ts";
import { sendJson, serveOnLoopback } from "../fixtures/loopback-server.ts";
import { startRedis } from "../fixtures/start-redis.ts";
import { startTestSidecar } from "../fixtures/start-sidecar.ts";
import { noteFigure } from "../operations/figure.ts";

const RELOADS = 1_000;
const MAX = 2_000;

/** The policy of a round. The limit that denies `probe` names the round; with a store, the store is asked in between. */
function policyOf(round: number): string {
  const none = [{ counter: `round_${round}`, window: "month", max: 0 }];
  const limits = [{ counter: "runs", window: "month", max: MAX, scope: "server" }];
  return JSON.stringify({
    version: "1",
    default: "deny",
    tools: { run: { limits }, probe: { limits: none } },
  });
}

const BAD_FILES = [(file: string) => rmSync(file), "{", "", `{"version":"1"}`] as const;

interface Counting {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

async function inMemory(): Promise<Counting> {
  return { url: "memory", stop: () => Promise.resolve() };
}

it.each<[string, () => Promise<Counting>]>([
  ["memory", inMemory],
  ["a store", () => startRedis()],
])(
  "keep every call whole with limits in %s: none fails, one policy judges it, no counter is reset",
  async (where, open) => {
    const store = await open();
    const folder = mkdtempSync(join(tmpdir(), "tollgate-reloads-"));
    const file = join(folder, "policy.json");
    const upstream = await serveOnLoopback((incoming, response) => {
      incoming.resume();
      incoming.on("end", () => sendJson(response, `{"jsonrpc":"2.0","id":1,"result":{"content":[]}}`));
    });
    writeFileSync(file, policyOf(0));
    const flags = { policy: file, limits: store.url };
    const sidecar = await startTestSidecar({ upstream: upstream.url, flags });
    const agent = new HttpAgent({ keepAlive: true, maxSockets: 50 });
    onTestFinished(async () => {
      agent.destroy();
      await sidecar.stop();
      upstream.close();
      await store.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    const rules = new Map([[policyDigest(Buffer.from(policyOf(0))), ruleOf(0)]]);
    const seen = { calls: 0, admitted: 0, failed: 0, isOver: false };
    const caller = async (index: number): Promise<void> => {
      while (!seen.isOver || seen.admitted < MAX) {
        const answer = await post(sidecar.url, index % 2 === 0 ? "run" : "probe", agent);
        seen.calls += 1;
        if (answer.status !== 200 || !answer.text.includes(`"result"`)) seen.failed += 1;
        if (!answer.text.includes("isError")) seen.admitted += 1;
      }
    };
    const callers = Array.from({ length: 20 }, (_, index) => caller(index));
    let bad = 0;
    for (let round = 1; round <= RELOADS; round += 1) {
      const before = seen.calls;
      if (round % 10 === 0) {
        const spoil = BAD_FILES[(round / 10) % BAD_FILES.length] ?? "";
        if (typeof spoil === "string") writeFileSync(file, spoil);
        else spoil(file);
        bad += 1;
      } else {
        writeFileSync(file, policyOf(round));
        rules.set(policyDigest(Buffer.from(policyOf(round))), ruleOf(round));
      }
      sidecar.reload();
      // Wait until a call was judged under this policy before the next one replaces it.
      while (seen.calls === before) await new Promise(setImmediate);
    }
    seen.isOver = true;
    await Promise.all(callers);
    // Reloads are recorded too, and no policy has judged them.
    const records = sidecar.audit().filter((record) => "policy" in record);
    const used = records.map((record) => (record["policy"] as { digest: string }).digest);
    const misjudged = records.filter(
      (record) =>
        record["tool"] === "probe" &&
        record["rule"] !== rules.get((record["policy"] as { digest: string }).digest),
    );
    const reloads = {
      good: await sidecar.metric("tollgate_policy_reloads_total", { result: "success" }),
      bad: await sidecar.metric("tollgate_policy_reloads_total", { result: "failure" }),
    };
    const figure =
      `${reloads.good - 1} good and ${reloads.bad} bad, ${seen.calls} calls: ${seen.failed} failed, ` +
      `${misjudged.length} judged by two policies, ${new Set(used).size} policies used, ${seen.admitted} admitted of max ${MAX}`;
    const isMet = seen.failed === 0 && misjudged.length === 0 && seen.admitted === MAX;
    noteFigure({ row: `reload, limits in ${where}`, figure, isMet });
    expect(seen.failed).toBe(0);
    expect(misjudged).toEqual([]);
    expect(used.every((digest) => rules.has(digest))).toBe(true);
    expect(records.length).toBe(seen.calls);
    expect(seen.admitted).toBe(MAX);
    expect(reloads).toEqual({ good: RELOADS - bad + 1, bad });
  },
);

function ruleOf(round: number): string {
  return `/tools/probe/limits/round_${round}-per-month`;
}

function post(url: string, tool: string, agent: HttpAgent): Promise<{ status: number; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const body = JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params: { name: tool, arguments: {} },
  });
  const headers = { "content-type": "application/json", "content-length": body.length };
  const sent = request(url, { method: "POST", agent, headers }, (response) => {
    let text = "";
    response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    response.on("end", () => resolve({ status: response.statusCode ?? 0, text })).on("error", reject);
  });
  sent.on("error", reject).end(body);
  return promise;
}
