/** A lone surrogate in an argument's value, which JSON may have and UTF-8 may not, from the client to the server. */

import { expect, it } from "vitest";
import { EMPTY_RESULT } from "../fixtures/loopback-server.ts";
import { serve, startSidecar } from "../fixtures/lifetime.ts";

const POLICY = {
  version: "1",
  default: "allow",
  tools: {
    paid: { require: [{ conditions: [{ path: "args.to", op: "neq", value: "evil" }] }] },
    asked: { action: "approve" },
  },
};

async function post(url: string, body: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  expect(response.status).toBe(200);
  return Object(await response.json());
}

const call = (tool: string, args: string, id = 7): string =>
  `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"${tool}","arguments":${args}}}`;

async function start(config = "") {
  const bodies: string[] = [];
  const upstream = await serve((body) => {
    bodies.push(body);
    return EMPTY_RESULT.replace('"id":1', '"id":7');
  });
  return { bodies, sidecar: await startSidecar({ upstream: upstream.url, policy: POLICY, config }) };
}

it("reaches the server as it was written, when no condition looks at it", async () => {
  const { bodies, sidecar } = await start();
  const texts = ['{"to":"a","text":"\\ud800"}', '{"to":"a","x":["\\uDFFF\\ud83d\\ude00"]}'];
  for (const args of texts) await post(sidecar.url, call("paid", args));
  await post(sidecar.url, call("other", '{"to":"\\udc00"}'));
  expect(bodies).toEqual([...texts.map((args) => call("paid", args)), call("other", '{"to":"\\udc00"}')]);
});

it.each(['"\\ud800"', '"ev\\udc00il"', '["\\ud800"]'])(
  "denies %s where a condition looks at it, and counts it",
  async (to) => {
    const { bodies, sidecar } = await start();
    const answer = await post(sidecar.url, call("paid", `{"to":${to}}`));
    expect(answer).toMatchObject({ id: 7, result: { isError: true } });
    expect(bodies).toEqual([]);
    expect(sidecar.audit().at(-1)).toMatchObject({ reason: "condition_unevaluable" });
    expect(await sidecar.metric("tollgate_conditions_unevaluable_total", { cause: "encoding" })).toBe(1);
  },
);

it("does not hide the other values of the call from the audit log", async () => {
  const { sidecar } = await start("audit: { capture: [{ tool: other, paths: [args.to, args.text] }] }");
  await post(sidecar.url, call("other", '{"to":"a","text":"\\ud800"}'));
  expect(JSON.stringify(sidecar.audit())).toContain('"args.to":"a"');
  expect(JSON.stringify(sidecar.audit())).toContain("ud800");
});

it("keeps two approvals apart that differ in a lone surrogate alone", async () => {
  const { sidecar } = await start();
  const ids = new Set<unknown>();
  for (const text of ["\\ud800", "\\ud801", "\ufffd", "\\\\ud800"]) {
    await post(sidecar.url, call("asked", `{"to":"${text}"}`));
    ids.add(sidecar.audit().at(-1)?.["approval"]);
  }
  expect(ids.size).toBe(4);
});

it("is refused in the tool's name, under the id of the call", async () => {
  const { bodies, sidecar } = await start();
  expect(await post(sidecar.url, call("other\\ud800", "{}"))).toMatchObject({
    id: 7,
    error: { code: -32700 },
  });
  expect(bodies).toEqual([]);
});

it.each([
  ["message-depth", 10, "depth"],
  ["message-nodes", 100, "nodes"],
  ["message-keys", 100, "nodes"],
])("is bounded in %s by the settings", async (name, bound, cause) => {
  const { sidecar } = await start(`bounds: { ${name}: ${bound} }`);
  const deep = `{"a":${"[".repeat(12)}${"]".repeat(12)}}`;
  const wide = JSON.stringify(Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`k${at}`, at])));
  const args = name === "message-depth" ? deep : wide;
  expect(await post(sidecar.url, call("other", args))).toMatchObject({ id: 7, error: { code: -32600 } });
  expect(await sidecar.metric("tollgate_messages_refused_total", { cause })).toBe(1);
  expect(await post(sidecar.url, call("other", '{"a":[1]}'))).toMatchObject({ id: 7, result: {} });
});
