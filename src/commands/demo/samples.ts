/** Parses a Prometheus text exposition, and evaluates `sum by (...)` over its samples. */

/** One line of the exposition. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** `sum by (by) (metric{where})`. */
export interface SumQuery {
  readonly metric: string;
  /** Labels that must have exactly these values. */
  readonly where: Readonly<Record<string, string>>;
  readonly by: readonly string[];
}

/** One group of the sum. */
export interface SumGroup {
  /** The values of `by`, in its order; an empty text when the series lacks the label. */
  readonly key: readonly string[];
  readonly total: number;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** The samples of an exposition; comments and other lines are skipped. */
export function parseSamples(exposition: string): readonly Sample[] {
  return exposition.split("\n").flatMap((line) => {
    const match = SAMPLE.exec(line);
    if (match === null) return [];
    const [, name = "", labels = "", value = ""] = match;
    return [{ name, labels: parseLabels(labels), value: Number(value) }];
  });
}

/** Sums the matching samples by label values; omits groups with sum 0, which are counters initialised at start. */
export function sumBy(samples: readonly Sample[], { metric, where, by }: SumQuery): readonly SumGroup[] {
  const groups = new Map<string, { key: readonly string[]; total: number }>();
  for (const { name, labels, value } of samples) {
    if (name !== metric || !hasLabels(labels, where)) continue;
    const key = by.map((label) => labels[label] ?? "");
    const group = groups.get(JSON.stringify(key)) ?? { key, total: 0 };
    group.total += value;
    groups.set(JSON.stringify(key), group);
  }
  return [...groups.values()]
    .filter((group) => group.total > 0)
    .toSorted((a, b) => a.key.join("\0").localeCompare(b.key.join("\0"), "en"));
}

/** The same query in PromQL. */
export function toPromql({ metric, where, by }: SumQuery): string {
  const matchers = Object.entries(where).map(([label, value]) => `${label}="${value}"`);
  return `sum by (${by.join(", ")}) (${metric}{${matchers.join(",")}})`;
}

function parseLabels(text: string): Readonly<Record<string, string>> {
  const pairs = [...text.matchAll(LABEL)].map(
    ([, name = "", value = ""]) => [name, unescapeLabel(value)] as const,
  );
  return Object.fromEntries(pairs);
}

function unescapeLabel(value: string): string {
  return value.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
}

function hasLabels(
  labels: Readonly<Record<string, string>>,
  where: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(where).every(([label, value]) => labels[label] === value);
}
