/** An approval belongs to the agent and the user who asked for it: no other caller's call passes with it. */

import { beforeEach, expect, it } from "vitest";
import { countCrossings } from "../fixtures/crossings.ts";
import { serve, startSidecar } from "../fixtures/lifetime.ts";
import { EMPTY_RESULT } from "../fixtures/loopback-server.ts";
import { toolCall } from "../fixtures/open-loop.ts";
import { askAdmin, postForText } from "../fixtures/post.ts";
import { AGENT_HEADER, type TestSidecar } from "../fixtures/start-sidecar.ts";

const crossing = countCrossings("approvals of another agent or user");

let sidecar: TestSidecar;
let executed: number;

beforeEach(async () => {
  executed = 0;
  const upstream = await serve(() => {
    executed += 1;
    return EMPTY_RESULT;
  });
  const policy = { version: "1", default: "deny", tools: { drop: { action: "approve" } } };
  sidecar = await startSidecar({ upstream: upstream.url, policy, settings: AGENT_HEADER });
});

interface Who {
  readonly agent?: string;
  readonly user?: string;
}

async function call({ agent, user }: Who, args: object = { table: "t" }): Promise<string> {
  const headers = {
    ...(agent !== undefined && { "x-agent-id": agent }),
    ...(user !== undefined && { "x-user-id": user }),
  };
  return postForText(sidecar.url, toolCall("drop", args), headers);
}

const idIn = (text: string): string => /"approval_id":"([^"]+)"/.exec(text)?.[1] ?? "";

const CALLERS: readonly Who[] = [
  { agent: "desktop", user: "ann" },
  { agent: "desktop", user: "bob" },
  { agent: "desktop" },
  { agent: "mobile", user: "ann" },
  { agent: "mobile" },
  { agent: "ann" },
  {},
];

it.each(CALLERS)("of $agent for $user lets no other caller pass, and its own pass once", async (owner) => {
  const id = idIn(await call(owner));
  expect(await askAdmin(`${sidecar.adminUrl}/approvals/${id}/approve`, { by: "x" })).toMatchObject({
    status: 200,
  });
  for (const other of CALLERS) {
    if (other === owner) continue;
    const text = await crossing(
      () => executed,
      () => call(other),
    );
    expect(text).toContain("approval_required");
    expect(idIn(text)).not.toBe(id);
  }
  await crossing(
    () => executed,
    () => call(owner, { table: "u" }),
  );
  expect(await call(owner)).not.toContain("isError");
  expect(executed).toBe(1);
  await crossing(
    () => executed,
    () => call(owner),
  );
});
