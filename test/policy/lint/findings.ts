/** Findings between policies and tools for tests, from plain literals. */

import { comparePolicyWithTools } from "../../../src/policy/lint/coverage.ts";
import { readDefinitions } from "../../../src/mcp/tool-definition.ts";
import { fromLiteral, policyOf } from "../policies.ts";

/** A tool as tools/list shows it. */
export function toolOf(name: string, properties: object, required: readonly string[] = []): object {
  return { name, inputSchema: { type: "object", properties, required } };
}

/** Each as `severity code path: message`. */
export function findingsOf(policy: object, ...tools: readonly object[]): string[] {
  const compiled = policyOf({ version: "1", default: "deny", ...policy });
  return comparePolicyWithTools(compiled, readDefinitions(fromLiteral(tools))).findings.map(
    ({ severity, code, path, message }) => `${severity} ${code} ${path}: ${message}`,
  );
}
