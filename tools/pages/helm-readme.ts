/** Writes the table of values in each chart's README from its schema and its defaults: `npm run helm:readme`. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import * as z from "zod";

const CHARTS = join(import.meta.dirname, "../../deploy/helm");
/** The folders of the charts, by name. */
export const CHART_NAMES = ["tollgate", "tollgate-webhook"] as const;
const MARK = "values.schema.json and values.yaml. -->\n";

interface Property {
  readonly type?: string | undefined;
  readonly description?: string | undefined;
  readonly enum?: readonly string[] | undefined;
  readonly properties?: Readonly<Record<string, Property>> | undefined;
}
const PROPERTY: z.ZodType<Property> = z.lazy(() =>
  z.looseObject({
    type: z.string().optional(),
    description: z.string().optional(),
    enum: z.array(z.string()).optional(),
    properties: z.record(z.string(), PROPERTY).optional(),
  }),
);

export interface ChartValue {
  /** For instance `server.image`. */
  readonly path: string;
  readonly type: string;
  readonly description: string;
  /** The default in values.yaml; undefined when it has none. */
  readonly preset: unknown;
}

/** A file of a chart. */
export function readChart(chart: string, name: string): string {
  return readFileSync(join(CHARTS, chart, name), "utf8");
}

/** Lists every leaf value of the chart, in the order of the schema. */
export function listChartValues(chart: string): ChartValue[] {
  const schema = PROPERTY.parse(JSON.parse(readChart(chart, "values.schema.json")));
  const presets: unknown = parse(readChart(chart, "values.yaml"));
  return leavesOf(schema, "", presets).filter(({ path }) => path !== "global");
}

function leavesOf(
  { properties, type, enum: choices, description }: Property,
  path: string,
  preset: unknown,
): ChartValue[] {
  if (properties === undefined)
    return [{ path, type: choices?.join(", ") ?? type ?? "", description: description ?? "", preset }];
  const known = z.record(z.string(), z.unknown()).catch({}).parse(preset);
  return Object.entries(properties).flatMap(([name, property]) =>
    leavesOf(property, path === "" ? name : `${path}.${name}`, known[name]),
  );
}

/** Renders the README with a current table. */
export function renderChartReadme(chart: string, text = readChart(chart, "README.md")): string {
  const rows = listChartValues(chart).map(
    ({ path, type, description, preset }) => `| \`${path}\` | ${type} | ${shown(preset)} | ${description} |`,
  );
  const head = text.slice(0, text.indexOf(MARK) + MARK.length);
  return `${head}\n| value | type | default | meaning |\n| --- | --- | --- | --- |\n${rows.join("\n")}\n`;
}

function shown(preset: unknown): string {
  return preset === "" ? "" : `\`${JSON.stringify(preset)}\``;
}

if (import.meta.main)
  for (const chart of CHART_NAMES) writeFileSync(join(CHARTS, chart, "README.md"), renderChartReadme(chart));
