import { describe, expect, it } from "vitest";
import { serve, startSidecar } from "../../../fixtures/lifetime.ts";
import { post } from "../../../fixtures/post.ts";

const TWICE = `"name":"t","name":"u"`;
const MODERN = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}`;
const withParams = (params: string): string =>
  `{"jsonrpc":"2.0","id":12,"method":"tools/call","params":${params}}`;

describe("a refused message over HTTP", () => {
  it.each([
    ["a legacy request", withParams(`{${TWICE}}`), 200, 12],
    ["a modern request", withParams(`{${TWICE},${MODERN}}`), 400, 12],
    ["what is no JSON", "{", 400, null],
    ["a batch", `[${withParams("{}")}]`, 400, null],
    [
      "a tools/call without an id",
      `{"jsonrpc":"2.0","method":"tools/call","params":{"name":"t"}}`,
      400,
      null,
    ],
  ])("is answered as decision 0071 says when it is %s", async (_name, text, status, id) => {
    const bodies: string[] = [];
    const { url } = await serve((body) => bodies.push(body));
    const sidecar = await startSidecar({ upstream: url });
    const response = await post(sidecar.url, text);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ id, error: { message: expect.any(String) } });
    expect(bodies.filter((body) => body.includes("tools/call"))).toEqual([]);
  });
});

describe("a notification of a name that no revision has", () => {
  it.each([
    ["passes without a rule", undefined, false, 202],
    ["passes when the rule allows it", { "*": { action: "allow" } }, false, 202],
    ["is refused when a rule denies its name", { "x/run": { action: "deny" } }, false, 400],
    ["is refused when a rule denies every name", { "*": { action: "deny" } }, false, 400],
    ["is refused under strict", undefined, true, 400],
  ])("%s", async (_name, methods, strict, status) => {
    const { url } = await serve((_body, response) => response.writeHead(202).end());
    const policy = { version: "1", default: "allow", ...(methods && { methods }), ...(strict && { strict }) };
    const sidecar = await startSidecar({ upstream: url, policy });
    const response = await post(sidecar.url, `{"jsonrpc":"2.0","method":"x/run","params":{}}`);
    expect(response.status).toBe(status);
  });
});
