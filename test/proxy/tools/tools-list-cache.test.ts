/** A list that was read once is recognised under another id, and only a message that is sound and says exactly the same. */

import { describe, expect, it } from "vitest";
import { parsePolicyFile } from "../../../src/config/files/policy-file.ts";
import { ALLOW_ALL } from "../../../src/policy/document/compile.ts";
import { type ToolView, toolView } from "../../../src/policy/tool-view.ts";
import { ToolsListCache } from "../../../src/proxy/tools/tools-list-cache.ts";
import { summaryOf } from "../../../src/proxy/relay/http/response-filter.ts";
import { type ToolsListSummary, ToolCatalog } from "../../../src/proxy/tools/tool-catalog.ts";

const TOOLS = ["look", "drop", "read"].map((name) => ({ name, description: `{"result":${name}}` }));

function message(id: unknown, tools: readonly object[] = TOOLS): string {
  return JSON.stringify({ jsonrpc: "2.0", id, result: { tools, ttlMs: 1 } });
}

const CALLER = { agent: "a" };

function hiding(...hide: readonly string[]): ToolView | undefined {
  const bytes = Buffer.from(JSON.stringify({ version: "1", default: "allow", hide }));
  const file = parsePolicyFile(bytes, "policy.json");
  if (!file.ok) throw new Error(file.problems.join());
  return toolView(file.policy, CALLER);
}

const CUT = message(1, TOOLS.slice(1));
const policy = hiding("look");
const policies = policy === undefined ? [] : [policy.policy];

function known(): ToolsListCache {
  const list = new ToolsListCache();
  list.store(message(1), policy, CUT);
  return list;
}

function cutUp(text: string, pieceBytes: number): Buffer[] {
  const bytes = Buffer.from(text);
  const count = Math.ceil(bytes.length / pieceBytes);
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes),
  );
}

/** As from its text, so from its bytes. */
function recalledFrom(list: ToolsListCache, text: string, one: ToolView | undefined): string | undefined {
  const byText = list.filterCached(text, one);
  for (const pieceBytes of [60, 61, 64, 100, text.length - 1, text.length]) {
    const byBytes = list.lookupBytes(cutUp(text, pieceBytes), one);
    expect(byBytes && Buffer.concat(byBytes.chunks).toString()).toBe(byText);
  }
  return byText;
}

describe("a cached list", () => {
  it.each([2, 12_345, "an id", 'an "id"', "{}", '"result":{}'])(
    "is recalled under id %j, as it was cut",
    (id) => {
      expect(recalledFrom(known(), message(id), policy)).toBe(message(id, TOOLS.slice(1)));
    },
  );

  it("is found when the result is not the last member", () => {
    const { result } = JSON.parse(message(1));
    const other = JSON.stringify({ result, id: 2, jsonrpc: "2.0" });
    expect(recalledFrom(known(), other, policy)).toBe(
      JSON.stringify({ result: JSON.parse(CUT).result, id: 2, jsonrpc: "2.0" }),
    );
  });

  it.each([
    ["another tool", message(2, [...TOOLS, { name: "more" }])],
    ["another letter", message(2).replace("drop", "dr0p")],
    ["a blank in it", message(2).replace('"tools":[', '"tools": [')],
    ["an end that is missing", message(2).slice(0, -1)],
    ["more after its end", `${message(2)}{}`],
    ["a name twice", message(2).replace('"id":2', '"id":2,"id":3')],
    ["a second result", message(2).replace(/\}$/, ',"result":{}}')],
    ["a second result that looks like ours inside", message(2).replace(/\}$/, ',"result":73e-73}')],
    ["the result within something else", `{"id":2,"inner":${message(2)},"result":{}}`],
    ["the result within something else, and our mark", `{"id":2,"inner":${message(2)},"result":73e-73}`],
    ["a result of another name", message(2).replace('"result"', String.raw`"r\u0065sult"`)],
    ["no JSON around it", message(2).replace('{"jsonrpc"', '{jsonrpc"')],
    ["a very long id", message("i".repeat(5_000))],
  ])("is not found for %s", (_case, text) => {
    expect(recalledFrom(known(), text, policy)).toBeUndefined();
  });

  it("is not found for another policy, nor after it is cleared", () => {
    const list = known();
    expect(recalledFrom(list, message(2), hiding("drop"))).toBeUndefined();
    list.clear();
    expect(recalledFrom(list, message(2), policy)).toBeUndefined();
  });

  it("is not found when bytes around it are invalid UTF-8", () => {
    const id = Buffer.from(message("x"));
    id[id.indexOf('"x"') + 1] = 0xff;
    expect(known().lookupBytes([Buffer.from(message("x"))], policy)).toBeDefined();
    expect(known().lookupBytes([id], policy)).toBeUndefined();
  });

  it.each([
    ["an id", message(7)],
    ["a string that is all escapes", message('"\\\u0001')],
    ["what the server asks", message(7).replace("{", '{"method":"sampling/createMessage",')],
    ["an error", message(7).replace("{", '{"error":{"code":-3},')],
  ])("yields an emptied message with all other members: %s", (_case, text) => {
    const skeleton = known().lookupBytes([Buffer.from(text)], policy)?.emptied ?? "";
    expect(skeleton).not.toContain("drop");
    expect(summaryOf(Buffer.from(skeleton))).toEqual(summaryOf(Buffer.from(text)));
  });

  it.each([{ isError: true }, { task: { taskId: "t", status: "working" } }, { resultType: "complete" }])(
    "leaves %j in the skeleton",
    (beside) => {
      const text = JSON.stringify({ id: 1, result: { tools: TOOLS, ...beside } });
      const list = new ToolsListCache();
      list.store(text, policy, text);
      const skeleton = list.lookupBytes([Buffer.from(text)], policy)?.emptied ?? "";
      expect(summaryOf(Buffer.from(skeleton))).toEqual(summaryOf(Buffer.from(text)));
    },
  );
});

describe("a repeated tools/list", () => {
  const views = [hiding("look"), hiding("drop", "read"), toolView(ALLOW_ALL, CALLER), undefined];
  const texts = [
    ...[1, 2, 3].map((id) => message(id)),
    ...[4, 5].map((id) => ` ${message(id).replaceAll(",", " , ")}`),
    ...[6, 7].map((id) => message(id, TOOLS.slice(1))),
    message(8),
  ];

  it("is filtered as at the first time", () => {
    const veteran = new ToolCatalog({ policies: [], onListed: () => undefined });
    for (const text of texts) {
      for (const one of views) {
        const newcomer = new ToolCatalog({ policies: [], onListed: () => undefined });
        expect(veteran.filter(text, one, true)).toBe(newcomer.filter(text, one, true));
      }
    }
  });

  it("is reported each time, and as new the first time only", () => {
    const heard: ToolsListSummary[] = [];
    const list = new ToolCatalog({ policies, onListed: (listed) => void heard.push(listed) });
    for (const id of [1, 2, 3]) list.filter(message(id), policy, true);
    const bytes = message(1).length;
    expect(heard).toEqual([true, false, false].map((isNew) => ({ count: 3, bytes, isNew, changes: [] })));
  });
});
