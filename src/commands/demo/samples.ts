/** Samples of a Prometheus text exposition, and the one question that is asked of them: `sum by (...)`. */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Sum {
  readonly metric: string;
  /** Labels that must have exactly these values. */
  readonly where: Readonly<Record<string, string>>;
  readonly by: readonly string[];
}

export interface Group {
  /** The values of `by`, in its order; empty where a series lacks the label. */
  readonly key: readonly string[];
  readonly total: number;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** Comments, and lines that are no sample, are skipped. */
export function parseSamples(exposition: string): readonly Sample[] {
  return exposition.split("\n").flatMap((line) => {
    const match = SAMPLE.exec(line);
    if (match === null) return [];
    const [, name = "", labels = "", value = ""] = match;
    return [{ name, labels: parseLabels(labels), value: Number(value) }];
  });
}

/** Groups that add up to zero are left out: they were exported at start and never happened. */
export function sumBy(samples: readonly Sample[], { metric, where, by }: Sum): readonly Group[] {
  const groups = new Map<string, { key: readonly string[]; total: number }>();
  for (const { name, labels, value } of samples) {
    if (name !== metric || !matches(labels, where)) continue;
    const key = by.map((label) => labels[label] ?? "");
    const group = groups.get(JSON.stringify(key)) ?? { key, total: 0 };
    group.total += value;
    groups.set(JSON.stringify(key), group);
  }
  return [...groups.values()]
    .filter((group) => group.total > 0)
    .toSorted((a, b) => a.key.join("\0").localeCompare(b.key.join("\0"), "en"));
}

/** The same question for a Prometheus that scrapes the sidecar. */
export function toPromql({ metric, where, by }: Sum): string {
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

function matches(labels: Readonly<Record<string, string>>, where: Readonly<Record<string, string>>): boolean {
  return Object.entries(where).every(([label, value]) => labels[label] === value);
}
