import { expect, it } from "vitest";
import { createKey } from "../../src/config/files/key-file.ts";
import { serve, startSidecar, temporaryFile } from "../fixtures/lifetime.ts";
import { callBody } from "../fixtures/identified.ts";
import { post } from "../fixtures/post.ts";
import type { TestSidecar } from "../fixtures/start-sidecar.ts";

const DENY_WORK = { version: "1", default: "allow", tools: { work: { action: "deny" } } };

async function start(identity = ""): Promise<TestSidecar> {
  const upstream = await serve();
  return startSidecar({ upstream: upstream.url, policy: DENY_WORK, config: `identity: {${identity}}\n` });
}

const BEHIND_PROXY = 'client-address: { from: ["127.0.0.1"] }';
const FORWARDED = { "x-forwarded-for": "192.0.2.66, 203.0.113.7" };

it("is in the records of calls that pass, that are denied, and that are refused", async () => {
  const sidecar = await start(BEHIND_PROXY);
  for (const body of [callBody("other"), callBody("work"), "{"])
    await (await post(sidecar.url, body, FORWARDED)).text();
  await (await fetch(`${sidecar.url}/nowhere`, { headers: FORWARDED })).text();
  expect(sidecar.audit()).toMatchObject([
    { tool: "other", effect: "allow", address: "203.0.113.7" },
    { tool: "work", effect: "deny", address: "203.0.113.7" },
    { refusal: { cause: "syntax" }, address: "203.0.113.7" },
    { refusal: { cause: "path" }, address: "203.0.113.7" },
  ]);
  const listed = await (await fetch(`${sidecar.adminUrl}/decisions`)).json();
  expect(listed).toMatchObject({ decisions: [{ address: "203.0.113.7" }, { address: "203.0.113.7" }] });
});

it("is in the record of a caller whose credential is missing", async () => {
  const keys = temporaryFile("keys.yaml", createKey("ci").line);
  const sidecar = await start(`required: true, api-keys: { file: "${keys}" }, ${BEHIND_PROXY}`);
  expect((await post(sidecar.url, callBody(), FORWARDED)).status).toBe(401);
  expect(sidecar.audit()).toMatchObject([{ reason: "unauthenticated", address: "203.0.113.7" }]);
});

it("is the connection's without a trusted proxy, whatever the headers say", async () => {
  const sidecar = await start();
  await (await post(sidecar.url, callBody("other"), FORWARDED)).text();
  expect(sidecar.audit()).toMatchObject([{ address: "127.0.0.1" }]);
});

it("comes from Forwarded where the settings name that header", async () => {
  const sidecar = await start('client-address: { from: ["127.0.0.1"], header: Forwarded }');
  const headers = { ...FORWARDED, forwarded: 'for="[2001:db8::9]:4711";proto=https' };
  await (await post(sidecar.url, callBody("other"), headers)).text();
  expect(sidecar.audit()).toMatchObject([{ address: "2001:db8::9" }]);
});
