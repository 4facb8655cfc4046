/** What the server's tools change: their names and categories, and how far the policies fit them. */

import type { CompiledPolicy } from "../policy/document/compile.ts";
import { comparePolicyWithTools } from "../policy/lint/coverage.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { ToolCatalog } from "../proxy/tools/tool-catalog.ts";

const MOST_FINDINGS_LOGGED = 20;

/** Tells metrics and log of the tools that the server has listed. */
export function reportTools(
  tools: ToolCatalog,
  policies: readonly CompiledPolicy[],
  { log, metrics }: Pick<Telemetry, "log" | "metrics">,
): void {
  metrics.toolsKnown(tools.known(policies));
  const compared = policies
    .filter(({ digest }) => digest !== "")
    .map((policy) => {
      const coverage = comparePolicyWithTools(policy, tools.definitions());
      const findings = coverage.findings.map(({ path, message }) => `${path}: ${message}`);
      const some = {
        policy: policy.digest,
        findings: findings.slice(0, MOST_FINDINGS_LOGGED),
        count: findings.length,
      };
      if (findings.length > 0) log.warn(some, "the policy does not fit the server's tools");
      return coverage;
    });
  metrics.policyCoverage({
    unknown: compared.reduce((sum, { unknown }) => sum + unknown.length, 0),
    uncovered: compared.reduce((sum, { uncovered }) => sum + uncovered.length, 0),
  });
}
