/** Reports the server's tools to metrics and log: their names and categories, and where a policy does not match them. */

import type { CompiledPolicy } from "../../policy/document/compile.ts";
import { comparePolicyWithTools, type Coverage } from "../../policy/lint/coverage.ts";
import type { KnownTool } from "../../telemetry/metrics/state-metrics.ts";
import type { Telemetry } from "../../telemetry/telemetry.ts";
import type { ToolCatalog } from "../../proxy/tools/tool-catalog.ts";

const MAX_LOGGED_FINDINGS = 20;

/** Called after each tools/list with a new list, and after each policy reload. */
export function reportTools(
  tools: ToolCatalog,
  policies: readonly CompiledPolicy[],
  { log, metrics }: Pick<Telemetry, "log" | "metrics">,
): void {
  const compared = policies
    .filter(({ digest }) => digest !== "")
    .map((policy) => {
      const coverage = comparePolicyWithTools(policy, tools.definitions());
      const findings = coverage.findings.map(({ path, message }) => `${path}: ${message}`);
      const fields = {
        policy: policy.digest,
        findings: findings.slice(0, MAX_LOGGED_FINDINGS),
        count: findings.length,
      };
      if (findings.length > 0) log.warn(fields, "the policy does not match the server's tools");
      return coverage;
    });
  metrics.toolsKnown(describeKnownTools(tools, policies, compared));
  metrics.policyCoverage({
    unknown: compared.reduce((sum, { unknown }) => sum + unknown.length, 0),
    uncovered: compared.reduce((sum, { uncovered }) => sum + uncovered.length, 0),
  });
}

/** Every known tool, and whether some policy has a rule for it; without a policy no tool is covered. */
export function describeKnownTools(
  tools: ToolCatalog,
  policies: readonly CompiledPolicy[],
  compared: readonly Coverage[] = [],
): readonly KnownTool[] {
  const uncovered = compared.map((coverage) => new Set(coverage.uncovered));
  const hasPolicy = policies.some(({ digest }) => digest !== "");
  return tools.knownTools(policies).map(({ name, assignment }) => ({
    name,
    assignment,
    isCovered: hasPolicy && (uncovered.length === 0 || uncovered.some((names) => !names.has(name))),
  }));
}
