/** Writes the rule files from their sources in `dashboards/generate/alerts`, where `<place>` stands for the labels of the place. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { groupingLabels, placeLabels } from "./place.ts";

const SOURCES = join(import.meta.dirname, "alerts");
const HEAD = "# Written by `npm run dashboards` from dashboards/generate/alerts; do not edit.\n";

/** The text of each rule file, by its file name in `dashboards/alerts/`. */
export function ruleFiles(): ReadonlyMap<string, string> {
  const names = readdirSync(SOURCES).filter((name) => name.endsWith(".rules.yml"));
  return new Map(
    names.toSorted().map((name) => [name, HEAD + fillPlaces(readFileSync(join(SOURCES, name), "utf8"))]),
  );
}

/** Replaces every placeholder. @throws when the text has one that is not known */
function fillPlaces(text: string): string {
  return text.replaceAll(/<((?:place|grouping)\b[^<>]*)>(, )?/g, (whole, name: string, comma = "") => {
    const filled = PLACEHOLDERS[name];
    if (filled === undefined) throw new TypeError(`the rules have no placeholder ${whole}`);
    const value = filled();
    return value === "" ? "" : value + comma;
  });
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
