/** Reads the metrics, labels and label values that a PromQL expression names; it covers only the syntax that the rules here use. */

import { readRecordings } from "../../tools/alerts/rule-files.ts";
import { METRICS, type MetricRow } from "../../src/telemetry/metrics/metric-definitions.ts";
import { PROCESS_METRICS } from "../../src/telemetry/metrics/process-metrics.ts";

export interface Matcher {
  readonly metric: string;
  readonly label: string;
  /** The alternatives of a pattern one by one. */
  readonly values: readonly string[];
}

const ROWS: readonly MetricRow[] = Object.values(METRICS);
const RECORDINGS = new Map(readRecordings().map(({ record, expr }) => [record, expr]));
const PROCESS = new Set(PROCESS_METRICS.flatMap((name) => [name, `${name}_total`]));

/** Labels that the scraper adds. */
export const SCRAPED: readonly string[] = ["cluster", "namespace", "job", "instance", "pod"];

const METRIC =
  /(?<![\w$:."])(?:[a-z_]+:[a-z0-9_]+:[a-z0-9_]+|(?:tollgate|mcp|process|nodejs)_[a-z0-9_]+|up(?=[ {]))/g;

/** Names of metrics and of recorded series, in order. */
export function metricsOf(expression: string): readonly string[] {
  const names = expression.replaceAll(/"[^"]*"/g, '""').replaceAll(/\b(?:by|on|group_left) \([^)]*\)/g, "");
  return [...names.matchAll(METRIC)].map(([name]) => name);
}

export function matchersOf(expression: string): readonly Matcher[] {
  const selectors = expression.matchAll(/([a-z][\w:]*)\{([^}]*)\}/g);
  return [...selectors].flatMap(([, metric = "", inside = ""]) =>
    [...inside.matchAll(/(\w+)(?:=~|!~|!=|=)"([^"]*)"/g)].map(([, label = "", text = ""]) => ({
      metric,
      label,
      values: text.split("|"),
    })),
  );
}

/** Labels of all `by`, `on` and `group_left`. */
export function groupingsOf(expression: string): readonly string[] {
  const lists = expression.matchAll(/\b(?:by|on|group_left) \(([^)]*)\)/g);
  return [...lists].flatMap(([, list = ""]) => list.split(", ")).filter((label) => label !== "");
}

/** The labels that a metric or a recorded series can have; undefined when neither exists. */
export function labelsOf(name: string): readonly string[] | undefined {
  const expression = RECORDINGS.get(name);
  if (expression !== undefined) return resultLabelsOf(expression);
  if (name === "up" || PROCESS.has(name)) return SCRAPED;
  const row = ROWS.find((candidate) => candidate.name === name || isPartOf(candidate, name));
  if (row === undefined) return undefined;
  return [...row.labels, ...SCRAPED, ...(name.endsWith("_bucket") ? ["le"] : [])];
}

/** The labels of the expression's result: those of its first `by`, or those of the metric when the expression is a metric alone. `absent` has none of its own. */
export function resultLabelsOf(expression: string): readonly string[] {
  const [first] = metricsOf(expression);
  const by = /\bby \(([^)]*)\)/.exec(expression);
  const isAggregated = by !== null && (first === undefined || by.index < expression.indexOf(first));
  if (isAggregated) return (by[1] ?? "").split(", ").filter((label) => label !== "le");
  if (expression.startsWith("absent(")) return by === null ? [] : (by[1] ?? "").split(", ");
  return first === undefined ? [] : (labelsOf(first) ?? []);
}

function isPartOf(row: MetricRow, name: string): boolean {
  return (
    row.type === "histogram" && ["_bucket", "_count", "_sum"].some((part) => `${row.name}${part}` === name)
  );
}
