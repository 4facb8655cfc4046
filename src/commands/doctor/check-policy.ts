/** Checks the policies that the settings name, against the tools of the server where it lists any. */

import { readFileSync } from "node:fs";
import { readProblem } from "../../config/file-fault.ts";
import { parsePolicies, policyPaths } from "../../config/files/policy-set.ts";
import type { Settings } from "../../config/settings/settings.ts";
import type { ToolDefinition } from "../../mcp/tool-definition.ts";
import { ALLOW_ALL } from "../../policy/document/compile.ts";
import { comparePolicyWithTools } from "../../policy/lint/coverage.ts";
import { finding, type Finding } from "./findings.ts";

/** `tools` is undefined where the server did not list them. */
export function checkPolicy(settings: Settings, tools: readonly ToolDefinition[] | undefined): Finding[] {
  const paths = policyPaths(settings);
  if (paths.length === 0) return [finding("policy-missing", "no policy: every call is allowed")];
  const bytes: Buffer[] = [];
  for (const path of paths) {
    try {
      bytes.push(readFileSync(path));
    } catch (error) {
      return [finding("policy-bad", readProblem(path, error))];
    }
  }
  const parsed = parsePolicies(settings, ALLOW_ALL, bytes);
  if (!parsed.ok) return parsed.problems.map((problem) => finding("policy-bad", problem));
  const { all, everyone } = parsed.policies;
  const shadow = all.some(({ mode }) => mode === "shadow");
  const unknown =
    everyone === undefined || tools === undefined ? [] : comparePolicyWithTools(everyone, tools).unknown;
  return [
    finding("policy-good", `${paths.join(", ")}: no problem`),
    ...(shadow ? [finding("policy-shadow", "shadow mode: denied calls are counted, and forwarded")] : []),
    ...(unknown.length > 0
      ? [finding("policy-unmatched", `the server has no such tools: ${unknown.slice(0, 10).join(", ")}`)]
      : []),
  ];
}
