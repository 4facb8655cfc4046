/** A server that trims names and ignores their case and width, behind a policy that denies one tool and hides another. */

import { describe, expect, it } from "vitest";
import { serve, startSidecar as guard } from "../fixtures/lifetime.ts";
import { postForText } from "../fixtures/post.ts";

const POLICY = {
  version: "1",
  default: "allow",
  hide: ["drop_table"],
  tools: { delete_account: { action: "deny" } },
};
const TOOLS = ["delete_account", "drop_table", "search", "Search"].map((name) => ({
  name,
  inputSchema: { type: "object" },
}));

async function start() {
  const executed: string[] = [];
  const { url } = await serve((body) => {
    const { id, method, params } = JSON.parse(body);
    const tool = String(params?.name).normalize("NFKC").replaceAll("\u200b", "").trim().toLowerCase();
    if (method === "tools/call") executed.push(tool);
    return JSON.stringify({
      jsonrpc: "2.0",
      id,
      result: method === "tools/list" ? { tools: TOOLS } : { content: [] },
    });
  });
  const sidecar = await guard({ upstream: url, policy: POLICY });
  const call = (name: string) =>
    postForText(sidecar.url, { method: "tools/call", params: { name, arguments: {} } });
  const list = () => postForText(sidecar.url, { method: "tools/list" });
  return { executed, call, list, sidecar };
}

describe("a call of a name that only looks like a tool", () => {
  it.each([
    "Delete_Account",
    "delete_account ",
    "delete\u200b_account",
    "ｄelete_account",
    "DROP_TABLE",
    "drop_table\t",
  ])(
    "is answered as unknown and never executed, before and after the server has listed its tools: %j",
    async (name) => {
      const { executed, call, list, sidecar } = await start();
      const before = await call(name);
      await list();
      const after = await call(name);
      for (const answer of [before, after]) {
        expect(JSON.parse(answer).error).toEqual({ code: -32602, message: `Unknown tool: ${name}` });
      }
      expect(executed).toEqual([]);
      expect(await sidecar.metric("tollgate_tool_denials_total", { reason: "look_alike" })).toBe(2);
    },
  );

  it("passes when the server lists that very name", async () => {
    const { executed, call, list } = await start();
    await list();
    await call("Search");
    expect(executed).toEqual(["search"]);
  });

  it("is denied when it looks like a tool that the server alone names", async () => {
    const { executed, call, list } = await start();
    await list();
    expect(await call("SEARCH")).toContain("Unknown tool");
    expect(executed).toEqual([]);
  });

  it("passes when it looks like none", async () => {
    const { executed, call } = await start();
    await call("delete_accounts");
    expect(executed).toEqual(["delete_accounts"]);
  });
});
