/** Reports the server's tools to metrics and log: their names and categories, and where a policy does not match them. */

import type { CompiledPolicy } from "../policy/document/compile.ts";
import { comparePolicyWithTools } from "../policy/lint/coverage.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { ToolCatalog } from "../proxy/tools/tool-catalog.ts";

const MAX_LOGGED_FINDINGS = 20;

/** Called after each tools/list with a new list, and after each policy reload. */
export function reportTools(
  tools: ToolCatalog,
  policies: readonly CompiledPolicy[],
  { log, metrics }: Pick<Telemetry, "log" | "metrics">,
): void {
  metrics.toolsKnown(tools.knownTools(policies));
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
  metrics.policyCoverage({
    unknown: compared.reduce((sum, { unknown }) => sum + unknown.length, 0),
    uncovered: compared.reduce((sum, { uncovered }) => sum + uncovered.length, 0),
  });
}
