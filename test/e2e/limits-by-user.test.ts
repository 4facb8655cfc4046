import { expect, it } from "vitest";
import { setImmediate as turn } from "node:timers/promises";
import { movableClock } from "../fixtures/fake-clock.ts";
import { callBody } from "../fixtures/identified.ts";
import { serve, startSidecar } from "../fixtures/lifetime.ts";
import { post } from "../fixtures/post.ts";
import { AGENT_HEADER, type TestSidecar } from "../fixtures/start-sidecar.ts";

const POLICY = {
  version: "1",
  default: "deny",
  tools: {
    work: { limits: [{ counter: "calls", window: "day", max: 1, scope: "user" }] },
    both: { limits: [{ counter: "calls", window: "day", max: 1, scope: "agent+user" }] },
  },
};

const clock = movableClock();
// Noon, so that no new day begins within the test.
clock.pass(12 * 3_600_000 - (Date.now() % (24 * 3_600_000)));

async function start(hasUserLabel = false): Promise<TestSidecar> {
  const upstream = await serve();
  const settings = { identity: { ...AGENT_HEADER.identity, hasUserLabel } };
  return startSidecar({ upstream: upstream.url, policy: POLICY, settings, clock });
}

async function isDenied({ url }: TestSidecar, agent: string, user?: string, tool = "work"): Promise<boolean> {
  const headers = { "x-agent-id": agent, ...(user !== undefined && { "x-user-id": user }) };
  return (await (await post(url, callBody(tool), headers)).text()).includes("[POLICY DENIED]");
}

it("counts each user, whichever agent acts, and a call without a user for its agent", async () => {
  const sidecar = await start();
  expect(await isDenied(sidecar, "desktop", "ann")).toBe(false);
  expect(await isDenied(sidecar, "desktop", "bob")).toBe(false);
  expect(await isDenied(sidecar, "mobile", "ann")).toBe(true);
  expect(await isDenied(sidecar, "desktop")).toBe(false);
  expect(await isDenied(sidecar, "desktop")).toBe(true);
  expect(await isDenied(sidecar, "ann")).toBe(false);
  expect([
    await isDenied(sidecar, "desktop", "ann", "both"),
    await isDenied(sidecar, "mobile", "ann", "both"),
  ]).toEqual([false, false]);
});

const AGENTS = 20;
const USERS = 10_000;

it(
  `is exact for ${USERS} users behind ${AGENTS} agents, and keeps the scrape in its bounds`,
  { timeout: 300_000 },
  async () => {
    const sidecar = await start(true);
    const passed = new Map<string, number>();
    const users = Array.from({ length: USERS }, (_, index) => `user-${index}@example.com`);
    // Every user calls through two of the agents: the second call is one too many.
    const callers = [0, 7].flatMap((shift) =>
      users.map((user, index) => ({ user, agent: `agent-${(index + shift) % AGENTS}` })),
    );
    const workers = Array.from({ length: 16 }, async () => {
      for (let next = callers.shift(); next !== undefined; next = callers.shift()) {
        if (!(await isDenied(sidecar, next.agent, next.user)))
          passed.set(next.user, (passed.get(next.user) ?? 0) + 1);
        await turn();
      }
    });
    await Promise.all(workers);
    expect(passed.size).toBe(USERS);
    expect([...passed.values()].every((calls) => calls === 1)).toBe(true);
    const scrape = await sidecar.metrics();
    const calls = scrape.split("\n").filter((line) => line.startsWith("tollgate_tool_calls_total{"));
    const named = new Set(calls.flatMap((line) => /user="([^"]+)"/.exec(line)?.[1] ?? []));
    expect(named.size).toBeLessThanOrEqual(201);
    expect(await sidecar.metric("tollgate_tool_calls_total", { tool: "work" })).toBe(2 * USERS);
    expect(await sidecar.metric("tollgate_limit_keys")).toBe(USERS);
    expect(await sidecar.metric("tollgate_label_overflow_total", { label: "user" })).toBeGreaterThan(0);
    console.log(
      `${USERS} users behind ${AGENTS} agents: ${passed.size} limits exact, ${calls.length} series of calls, ${scrape.length} characters of scrape`,
    );
  },
);
