/** The form of a board for Grafana's page *Import*, which asks for the data source and says what the board needs. */

import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";

/** The name by which Grafana replaces the chosen data source in the text of the board. */
const INPUT = "DS_PROMETHEUS";

/** The oldest Grafana that loads the boards. */
const OLDEST_GRAFANA = "10.0.0";

/** As provisioned but for `__inputs` and `__requires`, which provisioning does not replace, and for the data source that is chosen first. */
export function importForm(board: Dashboard): object {
  const types = new Set((board.panels ?? []).map((panel) => ("type" in panel ? String(panel.type) : "")));
  return {
    __inputs: [
      {
        name: INPUT,
        label: "Prometheus",
        description: "The Prometheus, Thanos or Mimir that holds the metrics of Tollgate.",
        type: "datasource",
        pluginId: "prometheus",
        pluginName: "Prometheus",
      },
    ],
    __elements: {},
    __requires: [
      { type: "grafana", id: "grafana", name: "Grafana", version: OLDEST_GRAFANA },
      { type: "datasource", id: "prometheus", name: "Prometheus", version: "1.0.0" },
      ...[...types].toSorted().map((id) => ({ type: "panel", id, name: id, version: "" })),
    ],
    ...board,
    templating: { list: (board.templating?.list ?? []).map(withChosenSource) },
  };
}

function withChosenSource<Variable extends { readonly name: string }>(variable: Variable): object {
  const chosen = `\${${INPUT}}`;
  return variable.name === "datasource"
    ? { ...variable, current: { text: chosen, value: chosen } }
    : variable;
}
