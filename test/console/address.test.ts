/** The address of a filter and of a decision. */

import { expect, it } from "vitest";
import { addressOf, readAddress } from "../../console/address.ts";

it.each([
  [{ filter: {} }, ""],
  [{ filter: { agent: "a b", effect: "deny" } }, "?agent=a+b&effect=deny"],
  [{ filter: { tool: "&=?#%" }, decision: "x/1" }, "?tool=%26%3D%3F%23%25&decision=x%2F1"],
  [
    {
      filter: { since: "2026-03-01T12:00:00.000Z", until: "2026-03-01T13:00:00.000Z" },
      calls: "agent-1",
      tools: "read",
    },
    "?since=2026-03-01T12%3A00%3A00.000Z&until=2026-03-01T13%3A00%3A00.000Z&calls=agent-1&tools=read",
  ],
])("holds the state %j", (state, address) => {
  expect(addressOf(state)).toBe(address);
  expect(readAddress(address)).toEqual(state);
});

it("leaves out empty fields, and ignores parameters that it does not know", () => {
  expect(addressOf({ filter: { agent: "", tool: "t" } })).toBe("?tool=t");
  expect(readAddress("?x=1&agent=&decision=&tool=t")).toEqual({ filter: { tool: "t" } });
});
