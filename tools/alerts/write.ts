/** Writes dashboards/alerts/prometheusrule.yaml and docs/alerts.md from the rule files: `node tools/alerts/write.ts`. With `--runbooks URL` it prints the manifest with links that begin with URL. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { ALERTS_FOLDER, type AlertRule, readRuleFile, RULE_FILES } from "./rule-files.ts";

export const MANIFEST_FILE = join(ALERTS_FOLDER, "prometheusrule.yaml");
export const ALERTS_PAGE = join(import.meta.dirname, "../../docs/alerts.md");

const OWN_RUNBOOKS = "docs/runbooks";

/** Renders all rules of a folder as one PrometheusRule; `runbooks` is the prefix of runbook links, without a trailing slash. */
export function renderManifest(runbooks = OWN_RUNBOOKS, folder = ALERTS_FOLDER): string {
  const groups = RULE_FILES.flatMap((name) => readRuleFile(name, folder).groups);
  const manifest = {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: { name: "tollgate", labels: { "app.kubernetes.io/name": "tollgate" } },
    spec: { groups },
  };
  const head =
    "# Written by tools/alerts/write.ts from the rule files beside it; do not edit.\n" +
    "# `node tools/alerts/write.ts --runbooks URL` prints it with links to where your runbooks are.\n";
  const links = `runbook_url: ${OWN_RUNBOOKS}/`;
  return head + stringify(manifest, { lineWidth: 0 }).replaceAll(links, `runbook_url: ${runbooks}/`);
}

const HEAD = `<!-- Written by tools/alerts/write.ts from dashboards/alerts/*.rules.yml; do not edit. -->

# Alerts

The rule files are in [dashboards/alerts](../dashboards/alerts); the same as a PrometheusRule is
[prometheusrule.yaml](../dashboards/alerts/prometheusrule.yaml). Every alert has the label \`component: tollgate\`, a summary, a description with
the values that matter, and a runbook. \`severity\` is \`critical\` (look now), \`warning\` (today) or \`info\` (worth knowing).

- The name of the scrape job has to contain \`tollgate\`: \`SidecarDown\` and \`SidecarAbsent\` select their targets by it.
- Load [recording.rules.yml](../dashboards/alerts/recording.rules.yml) as well: the other rules use its series.
- Prometheus 2.42 or later.
- Rules group by \`cluster\` and \`namespace\`; both may be absent. Another label: [several clusters](dashboards.md#several-clusters).
- Links to runbooks are paths in this repository. \`node tools/alerts/write.ts --runbooks URL\` prints the PrometheusRule with links that begin at
  \`URL\`; in rule files, replace \`runbook_url: docs/runbooks\`. \`dashboard_url\` is a path on your Grafana.

Each alert says since when it holds and links its board and runbook; alerts about calls have \`audit_query\`, the line that lists those calls, their users
included, from the audit log. Its names are quoted for a shell, since agents choose them.

[alertmanager.example.yml](../dashboards/alerts/alertmanager.example.yml) groups by server and silences what follows from another alert: a sidecar that is
down silences its own alerts, a server that does not answer the errors of its tools, a freeze the denials that it causes.

| alert | severity | for | meaning |
| --- | --- | --- | --- |
`;

/** Renders docs/alerts.md; `meaning` returns the first line of an alert's runbook. */
export function renderAlertsPage(meaning: (alert: string) => string): string {
  const alerts = RULE_FILES.flatMap((name) => readRuleFile(name).groups)
    .flatMap(({ rules }) => rules)
    .filter((rule) => "alert" in rule);
  return HEAD + alerts.map((rule) => rowOf(rule, meaning(rule.alert))).join("");
}

function rowOf({ alert, labels, for: pending }: AlertRule, meaning: string): string {
  const window = labels["window"] === undefined ? "" : ` (${labels["window"]})`;
  return `| [${alert}](runbooks/${alert}.md)${window} | ${labels["severity"]} | ${pending ?? ""} | ${meaning} |\n`;
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { runbooks: { type: "string" } } });
  if (values.runbooks === undefined) {
    const { readRunbook } = await import("./runbook.ts");
    writeFileSync(MANIFEST_FILE, renderManifest());
    writeFileSync(
      ALERTS_PAGE,
      renderAlertsPage((alert) => readRunbook(alert).meaning),
    );
  } else process.stdout.write(renderManifest(values.runbooks.replace(/\/$/, "")));
}
