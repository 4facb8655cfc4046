/** Writes the table of values in the chart's README from its schema and its defaults: `npm run helm:readme`. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import * as z from "zod";

const CHART = join(import.meta.dirname, "../../deploy/helm/tollgate");
const README = join(CHART, "README.md");
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

/** Lists every leaf value of the chart, in the order of the schema. */
export function listChartValues(): ChartValue[] {
  const schema = PROPERTY.parse(JSON.parse(readFileSync(join(CHART, "values.schema.json"), "utf8")));
  const presets: unknown = parse(readFileSync(join(CHART, "values.yaml"), "utf8"));
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
export function renderChartReadme(text = readFileSync(README, "utf8")): string {
  const rows = listChartValues().map(
    ({ path, type, description, preset }) => `| \`${path}\` | ${type} | ${shown(preset)} | ${description} |`,
  );
  const head = text.slice(0, text.indexOf(MARK) + MARK.length);
  return `${head}\n| value | type | default | meaning |\n| --- | --- | --- | --- |\n${rows.join("\n")}\n`;
}

function shown(preset: unknown): string {
  return preset === "" ? "" : `\`${JSON.stringify(preset)}\``;
}

if (import.meta.main) writeFileSync(README, renderChartReadme());
