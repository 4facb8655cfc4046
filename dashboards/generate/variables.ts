/** The variables of the boards, by which a reader narrows them. */

import {
  CustomVariableBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { CATEGORIES } from "../../src/policy/category/category.ts";
import { METRICS } from "../../src/telemetry/metrics/metric-definitions.ts";
import { placeLabels, titleOf } from "./place.ts";
import { select } from "./promql.ts";
import { DATASOURCE } from "./query.ts";

export type Variable = Builder<VariableModel>;

/** Matches every series, also those without the label. */
const EVERYTHING = ".*";

export function datasource(): Variable {
  return new DatasourceVariableBuilder("datasource").label("Data source").type("prometheus");
}

/** One variable for each label of the place, narrowed by those before it. Where a label is missing, `All` still matches. */
export function place(): readonly Variable[] {
  return placeLabels().map((label, index, labels) => {
    const query = `label_values(${withinPlace(labels.slice(0, index))}, ${label})`;
    return multiValue(label, titleOf(label), query);
  });
}

export function server(): Variable {
  return multiValue("server", "MCP server", `label_values(${withinPlace(placeLabels())}, server)`);
}

function withinPlace(labels: readonly string[]): string {
  const matchers = labels.map((label) => `${label}=~"$${label}"`).join(",");
  return METRICS.upstreamUp.name + (matchers === "" ? "" : `{${matchers}}`);
}

export function agent(): Variable {
  return multiValue("agent", "Agent", `label_values(${select(METRICS.toolCalls)}, agent)`);
}

export function tools(): Variable {
  return multiValue("tool", "Tool", `label_values(${select(METRICS.toolCalls)}, tool)`);
}

/** Exactly one tool. */
export function singleTool(): Variable {
  return query("tool", "Tool", `label_values(${select(METRICS.toolCalls)}, tool)`);
}

/** `chosen` is the initial category; absent for all. */
export function category(chosen?: (typeof CATEGORIES)[number]): Variable {
  return new CustomVariableBuilder("category")
    .label("Category")
    .values(CATEGORIES.join(","))
    .multi(true)
    .includeAll(true)
    .allValue(EVERYTHING)
    .current(chosen === undefined ? ALL : { selected: true, text: [chosen], value: [chosen] });
}

const ALL = { selected: true, text: ["All"], value: ["$__all"] };

function multiValue(name: string, label: string, text: string): Variable {
  return query(name, label, text).multi(true).includeAll(true).allValue(EVERYTHING).current(ALL);
}

function query(name: string, label: string, text: string): QueryVariableBuilder {
  const builder = new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query({ qryType: 1, query: text, refId: `variable-${name}` })
    .definition(text)
    .refresh(VariableRefresh.OnTimeRangeChanged);
  // oxlint-disable-next-line unicorn/no-array-sort -- no array
  return builder.sort(VariableSort.AlphabeticalAsc);
}
