/** Tools whose arguments a policy validates, and whose schema cannot be used. */

import { describe, expect, it } from "vitest";
import { unusableSchemaFindings } from "../../../src/policy/lint/unusable-schemas.ts";
import { readDefinitions } from "../../../src/mcp/tool-definition.ts";
import { fromLiteral, policyOf } from "../policies.ts";

function findingsOf(policy: object, inputSchema?: object): string[] {
  const compiled = policyOf({ version: "1", default: "deny", ...policy });
  const tools = readDefinitions(fromLiteral([{ name: "a/b", inputSchema }]));
  return unusableSchemaFindings(compiled, tools).map(
    ({ severity, code, path, message }) => `${severity} ${code} ${path}: ${message}`,
  );
}

const REMEDY = 'every call is denied; set "arguments": "observe" for this tool';

describe("the schema of a tool under validate", () => {
  it("may be missing", () => {
    expect(findingsOf({ tools: { "a/b": { arguments: "validate" } } })).toEqual([
      `error unusable-schema tools.a/b.arguments: the input schema of \`a/b\` is missing: ${REMEDY}`,
    ]);
  });

  it("may be one that cannot be compiled", () => {
    const [finding] = findingsOf(
      { arguments: "validate" },
      { properties: { x: { $ref: "https://a.example/b" } } },
    );
    expect(finding).toContain(
      "error unusable-schema arguments: the input schema of `a/b` cannot be compiled",
    );
  });

  it("is found through its category", () => {
    const [finding] = findingsOf({ categories: { unknown: { arguments: "validate" } } }, { $schema: "x:y" });
    expect(finding).toContain(
      "categories.unknown.arguments: the input schema of `a/b` is in another dialect",
    );
  });

  it("is no finding when it can be used", () => {
    expect(findingsOf({ arguments: "validate" }, { type: "object" })).toEqual([]);
  });
});

it.each(["observe", "off"])("a schema under %s is no finding", (check) => {
  expect(findingsOf({ arguments: check })).toEqual([]);
});
