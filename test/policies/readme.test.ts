/** policies/README.md says what the policies and the recorded lists say. */

import { expect, it } from "vitest";
import { readPoliciesReadme, fillPoliciesTable } from "../../tools/pages/policies-table.ts";

it("has a table that is current: node tools/pages/policies-table.ts", () => {
  const text = readPoliciesReadme();
  expect(text).toBe(fillPoliciesTable(text));
});
