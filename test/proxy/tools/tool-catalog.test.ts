/** Names that the catalog knows before a client has listed: from a list of Tollgate's own, and from answers. */

import { describe, expect, it } from "vitest";
import { ToolCatalog, type ToolsListSummary } from "../../../src/proxy/tools/tool-catalog.ts";

function page(...names: readonly string[]): string {
  return JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    result: { tools: names.map((name) => ({ name, description: `Deletes ${name}`, inputSchema: {} })) },
  });
}

function catalog() {
  const listed: ToolsListSummary[] = [];
  return { tools: new ToolCatalog({ policies: [], onListed: (one) => listed.push(one) }), listed };
}

describe("a list of Tollgate's own", () => {
  it("makes its names known, with their definitions, before a client lists", () => {
    const { tools, listed } = catalog();
    tools.learnOwnList([page("a"), page("b")]);
    expect([tools.isKnown("a"), tools.isKnown("b"), tools.isKnown("c")]).toEqual([true, true, false]);
    expect(tools.categoryOf("a", undefined).category).toBe("destructive");
    expect(listed).toMatchObject([{ count: 2, isNew: true, changes: [] }]);
  });

  it("adds only names once a client has listed", () => {
    const { tools, listed } = catalog();
    tools.filter(page("a"), undefined, true);
    tools.learnOwnList([page("a", "b")]);
    expect(tools.definitions().map(({ name }) => name)).toEqual(["a"]);
    expect(tools.isKnown("b")).toBe(true);
    expect(listed).toHaveLength(1);
  });

  it("is replaced by a client's list, without a change of any tool being reported", () => {
    const { tools, listed } = catalog();
    tools.learnOwnList([page("a", "b")]);
    tools.filter(page("a").replace("Deletes", "Lists"), undefined, true);
    expect(tools.definitions().map(({ name }) => name)).toEqual(["a"]);
    expect(listed.at(-1)).toMatchObject({ changes: [] });
  });

  it("forgets names that a later list no longer has", () => {
    const { tools } = catalog();
    tools.learnOwnList([page("a")]);
    tools.learnOwnList([page("b")]);
    expect([tools.isKnown("a"), tools.isKnown("b")]).toEqual([false, true]);
  });

  it("ignores a page that is no list", () => {
    const { tools } = catalog();
    tools.learnOwnList(["{}", "x", page("a")]);
    expect(tools.isKnown("a")).toBe(true);
  });
});

describe("a name that the server has answered with success", () => {
  it("is known from then on", () => {
    const { tools } = catalog();
    expect(tools.isKnown("a")).toBe(false);
    tools.answered("a");
    expect(tools.isKnown("a")).toBe(true);
  });

  it("is one of at most 1,000", () => {
    const { tools } = catalog();
    for (let index = 0; index <= 1_000; index += 1) tools.answered(`x${index}`);
    expect([tools.isKnown("x999"), tools.isKnown("x1000")]).toEqual([true, false]);
  });
});
