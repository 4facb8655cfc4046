/** The labels that say where a sidecar runs: those of the grouping, `cluster` by default, and then `namespace`. */

/** Labels of Tollgate's own series and of one target; a grouping by them would change what a rule means. */
const RESERVED = ["namespace", "job", "instance", "pod", "server", "agent", "tool", "le"];
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

let grouping: readonly string[] = ["cluster"];

/** Reads the value of `--group-by`: label names separated by commas; empty for none. @throws TypeError for a name that cannot be one */
export function parseGrouping(text: string): readonly string[] {
  const labels = text
    .split(",")
    .map((label) => label.trim())
    .filter(Boolean);
  for (const label of labels) {
    if (!LABEL.test(label) || label.startsWith("__"))
      throw new TypeError(`--group-by: must be names of Prometheus labels, got ${JSON.stringify(label)}`);
    if (RESERVED.includes(label))
      throw new TypeError(`--group-by: ${label} is a label of every rule already, leave it out`);
  }
  if (new Set(labels).size < labels.length) throw new TypeError("--group-by: names a label twice");
  return labels;
}

/** Sets the grouping of everything that is generated. Boards read it while their modules load: call it before. */
export function setGrouping(labels: readonly string[]): void {
  grouping = labels;
}

/** Labels of the grouping, without `namespace`. */
export function groupingLabels(): readonly string[] {
  return grouping;
}

/** Labels of the place of a sidecar, the widest first. */
export function placeLabels(): readonly string[] {
  return [...grouping, "namespace"];
}

/** A list of labels for `by` and `on`: the grouping and these. */
export function grouped(labels: string): string {
  return [...grouping, labels].join(", ");
}

/** A list of labels for `by` and `on`: the place and these. */
export function placed(labels: string): string {
  return [...placeLabels(), labels].join(", ");
}

/** Title of a label for people: `k8s_cluster` is `K8s cluster`. */
export function titleOf(label: string): string {
  const words = label.replaceAll("_", " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
