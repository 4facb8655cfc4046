/** Writes the rule files and the example for Alertmanager from their sources in `dashboards/generate/alerts`, where `<place>` stands for the labels of the place. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { groupingLabels, placeLabels } from "./place.ts";

const SOURCES = join(import.meta.dirname, "alerts");
const HEAD = "# Written by `npm run dashboards` from dashboards/generate/alerts; do not edit.\n";

/** The text of each of these files, by its file name in `dashboards/alerts/`. */
export function ruleFiles(): ReadonlyMap<string, string> {
  const names = readdirSync(SOURCES).filter((name) => name.endsWith(".yml"));
  return new Map(
    names.toSorted().map((name) => [name, HEAD + fillPlaces(readFileSync(join(SOURCES, name), "utf8"))]),
  );
}

/** Replaces every placeholder. @throws when the text has one that is not known */
function fillPlaces(text: string): string {
  return text
    .replaceAll(/<((?:place|grouping)\b[^<>]*)>(, )?/g, (whole, name: string, comma = "") => {
      const filled = PLACEHOLDERS[name];
      if (filled === undefined) throw new TypeError(`the rules have no placeholder ${whole}`);
      const value = filled();
      return value === "" ? "" : value + comma;
    })
    .replaceAll(/<source of ([.$\w]+)>/g, (_whole, tool: string) => ofTool(tool, " by {{ .Labels.source }}"))
    .replaceAll(/<category of ([.$\w]+)>/g, (_whole, tool: string) =>
      ofTool(tool, " Category: {{ .Labels.category }} by {{ .Labels.source }}."),
    )
    .replaceAll(/<quoted (\w+)>/g, (_whole, label: string) => quoted(label))
    .replaceAll(
      /<since (\w+) ([\w,]+)(?: (\w+))?>/g,
      (_whole, alert: string, labels: string, window?: string) => sinceWhen(alert, labels.split(","), window),
    );
}

/** Security: an agent chooses names, and people paste this line into a shell. */
function quoted(label: string): string {
  return `'{{ reReplaceAll "'" \`'\\''\` $labels.${label} }}'`;
}

/** A text with the labels of `tollgate_tool_info`; empty where the server does not list the tool. */
function ofTool(tool: string, text: string): string {
  const matchers = [...placeLabels(), "server", "tool"].map((label) => `${label}=%q`).join(",");
  const values = [...placeLabels().map((label) => `$labels.${label}`), "$labels.server", tool].join(" ");
  const query = `printf "tollgate_tool_info{${matchers}}" ${values} | query`;
  return `{{ with ${query} }}{{ with first . }}${text}{{ end }}{{ end }}`;
}

/** Prometheus keeps the time at which an alert became active in a series of its own, from the second evaluation on. */
function sinceWhen(alert: string, labels: readonly string[], window?: string): string {
  const all = [...placeLabels(), ...labels];
  const own = [`alertname="${alert}"`, ...(window === undefined ? [] : [`window="${window}"`])];
  const matchers = [
    ...own.map((matcher) => matcher.replaceAll('"', '\\"')),
    ...all.map((label) => `${label}=%q`),
  ];
  const values = all.map((label) => `$labels.${label}`).join(" ");
  const query = `printf "ALERTS_FOR_STATE{${matchers.join(",")}}" ${values} | query`;
  return `{{ with ${query} }}Since {{ . | first | value | humanizeTimestamp }}.{{ end }}`;
}

const PLACEHOLDERS: Readonly<Record<string, () => string>> = {
  /** Labels for `by` and `on`. */
  place: () => placeLabels().join(", "),
  /** Labels for `by`, without the namespace. */
  grouping: () => groupingLabels().join(", "),
  /** Matchers that leave out series without those labels. */
  "grouping set": () =>
    groupingLabels()
      .map((label) => `${label}!=""`)
      .join(", "),
  /** Matchers of a query in an annotation, for `printf`. */
  "place matchers": () => listOf((label) => `${label}=%q`, ","),
  /** Arguments of `printf` for those matchers. */
  "place values": () => listOf((label) => `$labels.${label}`, " "),
  /** Text for people; empty where a label is missing. */
  "place text": () => textOf(placeLabels()),
  "grouping text": () => textOf(groupingLabels()),
  /** Variables of a board's address. */
  "place variables": () => variablesOf(placeLabels()),
  "grouping variables": () => variablesOf(groupingLabels()),
};

function textOf(labels: readonly string[]): string {
  return labels
    .toReversed()
    .map((label) => `{{ with $labels.${label} }}, ${label.replaceAll("_", " ")} {{ . }}{{ end }}`)
    .join("");
}

function variablesOf(labels: readonly string[]): string {
  return labels
    .map((label) => `{{ with $labels.${label} }}&var-${label}={{ . | urlquery }}{{ end }}`)
    .join("");
}

function listOf(text: (label: string) => string, separator: string): string {
  return placeLabels().map(text).join(separator);
}
