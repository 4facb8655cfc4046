/** policies/README.md says what the policies and the recorded lists say. */

import { expect, it } from "vitest";
import { readPoliciesReadme, withTable } from "../../scripts/policies-table.ts";

it("has a table that is current: node scripts/policies-table.ts", () => {
  const text = readPoliciesReadme();
  expect(text).toBe(withTable(text));
});
