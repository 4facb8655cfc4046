/** Reads a scrape: samples by name and labels, without regard to the order of labels. */

import type { Metrics } from "../../../src/telemetry/metrics/metrics.ts";

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly line: string;
}

const SAMPLE =
  /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)(?: # \{.*\} \S+ \S+)?$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** @throws Error at a line that is neither comment nor sample. */
export function parseSamples(body: string): readonly Sample[] {
  const lines = body.trimEnd().split("\n");
  return lines.filter((line) => !line.startsWith("#")).map(parseLine);
}

export async function scrapeSamples(metrics: Metrics): Promise<readonly Sample[]> {
  return parseSamples((await metrics.render(undefined)).body);
}

/** The one sample with this name and these labels, whatever other labels it has; undefined when there is none. */
export async function valueOf(
  metrics: Metrics,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number | undefined> {
  const matching = (await scrapeSamples(metrics)).filter(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  if (matching.length > 1) throw new Error(`${name}: ${matching.length} series match`);
  return matching[0]?.value;
}

function parseLine(line: string): Sample {
  const [, name, labels = "", value] = SAMPLE.exec(line) ?? [];
  if (name === undefined) throw new Error(`not a sample: ${line}`);
  const pairs = Array.from(labels.matchAll(LABEL), ([, key = "", text = ""]) => [key, text] as const);
  return { name, labels: Object.fromEntries(pairs), value: Number(value), line };
}
