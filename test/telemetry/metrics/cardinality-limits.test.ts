/** Which names may become labels. */

import { describe, expect, it } from "vitest";
import {
  CardinalityLimits,
  type CardinalityOptions,
} from "../../../src/telemetry/metrics/cardinality-limits.ts";
import type { LabelBound } from "../../../src/telemetry/metrics/label-values.ts";
import { exampleAgent, exampleRequest, exampleTool } from "../examples.ts";

function open(limits: Partial<CardinalityOptions>): { bounds: CardinalityLimits; overflows: LabelBound[] } {
  const overflows: LabelBound[] = [];
  const bounds = new CardinalityLimits({ agents: [], ...limits }, (label) => overflows.push(label));
  return { bounds, overflows };
}

const userOn = (bounds: CardinalityLimits, user: string | undefined, tool = "A", agent = "x") =>
  bounds.userLabels(
    exampleRequest({ agent: { ...exampleAgent(agent), ...(user !== undefined && { user }) } }),
    tool,
    agent,
  );

describe("CardinalityLimits", () => {
  it("bounds the tools that a server lists", () => {
    const { bounds, overflows } = open({ maxTools: 1 });
    const labels = ["a", "b"].map((name) => bounds.toolLabel(exampleRequest({ tool: exampleTool(name) })));
    expect(labels).toEqual(["a", "_unknown"]);
    expect(overflows).toEqual(["tool"]);
  });

  it("keeps an admitted pair", () => {
    const { bounds } = open({ maxPairs: 2 });
    const agentOn = (tool: string) => bounds.agentLabel(exampleRequest({ agent: exampleAgent("x") }), tool);
    expect([agentOn("A"), agentOn("B"), agentOn("A")]).toEqual(["x", "_other", "x"]);
  });

  it("lets agents without a configured name use half of the pairs, and named agents the rest", () => {
    const { bounds } = open({ agents: ["planner"], maxPairs: 4 });
    const agentOn = (name: string, tool: string) =>
      bounds.agentLabel(exampleRequest({ agent: exampleAgent(name) }), tool);
    const strangers = ["A", "B", "C"].map((tool) => agentOn("stranger", tool));
    const named = ["A", "B", "C"].map((tool) => agentOn("planner", tool));
    expect(strangers).toEqual(["stranger", "stranger", "_other"]);
    expect(named).toEqual(["planner", "planner", "_other"]);
  });

  it("does not count calls of unknown tools as pairs", () => {
    const { bounds, overflows } = open({ maxPairs: 0 });
    expect(bounds.agentLabel(exampleRequest({ agent: exampleAgent("x") }), "_unknown")).toBe("x");
    expect(overflows).toEqual([]);
  });

  describe("the label of users", () => {
    it("does not exist unless it is asked for", () => {
      const { bounds } = open({});
      expect([userOn(bounds, "ann"), userOn(bounds, undefined)]).toEqual([[], []]);
    });

    it("is empty without a user", () => {
      expect(userOn(open({ hasUserLabel: true }).bounds, undefined)).toEqual([""]);
    });

    it("has a bounded number of users", () => {
      const { bounds, overflows } = open({ hasUserLabel: true, maxUsers: 1 });
      expect([userOn(bounds, "ann"), userOn(bounds, "bob"), userOn(bounds, "ann")]).toEqual([
        ["ann"],
        ["_other"],
        ["ann"],
      ]);
      expect(overflows).toEqual(["user"]);
    });

    it("has a bounded number of series over all tools and agents, and keeps those that it has", () => {
      const { bounds, overflows } = open({ hasUserLabel: true, maxUserSeries: 2 });
      const labels = ["A", "B", "C", "A"].map((tool) => userOn(bounds, "ann", tool));
      expect(labels).toEqual([["ann"], ["ann"], ["_other"], ["ann"]]);
      expect(userOn(bounds, "ann", "A", "y")).toEqual(["_other"]);
      expect(overflows).toEqual(["user", "user"]);
    });

    it("takes no place for tools and agents past their own bounds", () => {
      const { bounds } = open({ hasUserLabel: true, maxUserSeries: 1 });
      expect(userOn(bounds, "ann", "_unknown")).toEqual(["_other"]);
      expect(userOn(bounds, "ann", "A", "_other")).toEqual(["_other"]);
      expect(userOn(bounds, "ann")).toEqual(["ann"]);
    });

    it("encodes a user who is called as the overflow is", () => {
      const [value = ""] = userOn(open({ hasUserLabel: true }).bounds, "_other");
      expect(value).not.toBe("_other");
    });
  });
});
