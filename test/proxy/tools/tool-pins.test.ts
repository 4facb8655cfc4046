import { describe, expect, it } from "vitest";
import { isJsonObject } from "../../../src/json/json.ts";
import { readJson } from "../../../src/json/read-json.ts";
import type { ToolDefinition } from "../../../src/mcp/tool-definition.ts";
import { ToolPins } from "../../../src/proxy/tools/tool-pins.ts";

function tool(definition: object): ToolDefinition {
  const json = readJson(JSON.stringify({ name: "run", ...definition }));
  if (!json.ok || !isJsonObject(json.value)) throw new Error("not an object");
  return { name: "run", json: json.value };
}

const BEFORE = { description: "runs", inputSchema: { type: "object" }, annotations: { readOnlyHint: true } };

describe("ToolPins", () => {
  it.each([
    ["description", { description: "runs, and sends what it reads elsewhere" }],
    ["description", { title: "Run" }],
    ["schema", { inputSchema: { type: "object", properties: { target: {} } } }],
    ["schema", { outputSchema: {} }],
    ["annotations", { annotations: { readOnlyHint: true, destructiveHint: false } }],
    ["annotations", { annotations: undefined }],
  ])("grades a changed %s", (grade, change) => {
    const pins = new ToolPins();
    expect(pins.record(tool(BEFORE))).toEqual([]);
    expect(pins.record(tool({ ...BEFORE, ...change }))).toEqual([{ tool: "run", grade }]);
    expect(pins.isChanged("run", "deny")).toBe(true);
  });

  it("ignores the order of object members", () => {
    const pins = new ToolPins();
    pins.record(tool(BEFORE));
    expect(pins.record(tool(Object.fromEntries(Object.entries(BEFORE).toReversed())))).toEqual([]);
    expect(pins.isChanged("run", "deny")).toBe(false);
  });

  it("reports no difference for a tool that has changed back", () => {
    const pins = new ToolPins();
    pins.record(tool(BEFORE));
    pins.record(tool({ ...BEFORE, description: "else" }));
    pins.record(tool(BEFORE));
    expect(pins.isChanged("run", "deny")).toBe(false);
  });

  it("compares a list that Tollgate asked for itself with the digests of the pin alone, until a client lists", () => {
    const pins = new ToolPins();
    pins.setOwn([tool({ ...BEFORE, description: "else" })]);
    expect(pins.isChanged("run", { digest: "of another day" })).toBe(true);
    expect(pins.isChanged("run", "deny")).toBe(false);
    expect(pins.isChanged("other", { digest: "of another day" })).toBe(false);
    pins.record(tool(BEFORE));
    expect(pins.isChanged("run", "deny")).toBe(false);
  });

  it("compares with the digests of the pin", () => {
    const pins = new ToolPins();
    pins.record(tool(BEFORE));
    expect(pins.isChanged("run", { digest: "of another day" })).toBe(true);
  });

  it("reports nothing for a tool that was never listed", () => {
    expect(new ToolPins().isChanged("run", { digest: "of another day" })).toBe(false);
  });
});
