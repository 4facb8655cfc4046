/** `category_by` through the running sidecar: metrics and audit log have the category of the call. */

import { expect, it } from "vitest";
import { serve, startSidecar } from "../fixtures/lifetime.ts";
import { toolCall } from "../fixtures/open-loop.ts";
import { postForText } from "../fixtures/post.ts";

it("counts and records each call under the category that its argument says", async () => {
  const upstream = await serve(() => `{"jsonrpc":"2.0","id":1,"result":{"content":[]}}`);
  const category_by = { arg: "action", "delete*": "destructive", "get*": "read" };
  const policy = { version: "1", default: "deny", tools: { manage: { category: "write", category_by } } };
  const sidecar = await startSidecar({ upstream: upstream.url, policy });
  for (const action of ["delete_all", "get_one", "move"])
    await postForText(sidecar.url, toolCall("manage", { action }));
  expect(sidecar.audit().map(({ category }) => category)).toEqual(["destructive", "read", "write"]);
  const metrics = await (await fetch(`${sidecar.adminUrl}/metrics`)).text();
  for (const category of ["destructive", "read", "write"])
    expect(metrics).toMatch(new RegExp(`^tollgate_tool_calls_total\\{.*category="${category}".*\\} 1$`, "m"));
});
