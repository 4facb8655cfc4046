/** Writes `docs/json-output.md` and the schemas in `docs/json-output/`: `npm run json:reference`. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type * as z from "zod";
import { JSON_OUTPUTS, type JsonOutput, jsonSchemaOf, schemaFileOf } from "./json-schemas.ts";

type Schema = z.core.JSONSchema.BaseSchema;

const PAGE = fileURLToPath(new URL("../../docs/json-output.md", import.meta.url));
export const SCHEMAS = fileURLToPath(new URL("../../docs/json-output", import.meta.url));
const EXAMPLES: Readonly<Record<string, unknown>> = JSON.parse(
  readFileSync(new URL("json-examples.json", import.meta.url), "utf8"),
);
const MARK = "<!-- Below is made from tools/pages/json-schemas.ts: npm run json:reference. -->\n";
/** The version in which every field of now appeared; a later field names its own in `meta({ since })`. */
const FIRST = "0.1.0";

export function renderSchema(output: JsonOutput): string {
  return `${JSON.stringify(jsonSchemaOf(output), null, 2)}\n`;
}

export function readJsonPage(): string {
  return readFileSync(PAGE, "utf8");
}

export function exampleOf({ command }: JsonOutput): unknown {
  return EXAMPLES[command];
}

/** The text above the mark stays; below it is one section for each command. */
export function fillJsonPage(page: string): string {
  return page.slice(0, page.indexOf(MARK)) + MARK + JSON_OUTPUTS.map(section).join("");
}

function section(output: JsonOutput): string {
  const file = schemaFileOf(output);
  const rows = fieldRows(jsonSchemaOf(output), "");
  return `
## \`tollgate ${output.command}\`

${output.about} Schema: [${file}](json-output/${file}).

\`\`\`json
${JSON.stringify(exampleOf(output))}
\`\`\`

| field | type | since | remark |
| --- | --- | --- | --- |
${rows.join("\n")}
`;
}

function fieldRows(schema: Schema, path: string): string[] {
  const choices = schema.anyOf ?? [];
  const nested = [...choices.map(schemaIn), ...itemsOf(schema)];
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, given]) => {
    const field = schemaIn(given);
    const at = path === "" ? name : `${path}.${name}`;
    const optional = schema.required?.includes(name) === true ? "" : ", optional";
    const meaning = field.description ?? "";
    const since = String(field["since"] ?? FIRST);
    const row = `| \`${at}\` | ${typeOf(field).replaceAll("|", "\\|")}${optional} | ${since} | ${meaning} |`;
    return [row, ...fieldRows(field, at)];
  });
  return [...nested.flatMap((each) => fieldRows(each, schema.type === "array" ? `${path}[]` : path)), ...own];
}

function itemsOf({ items }: Schema): Schema[] {
  return items === undefined || Array.isArray(items) ? [] : [schemaIn(items)];
}

function schemaIn(given: Schema | boolean): Schema {
  return typeof given === "boolean" ? {} : given;
}

function typeOf(schema: Schema): string {
  if (schema.enum !== undefined)
    return schema.enum.length > 8
      ? "one of a set of words"
      : schema.enum.map((word) => `\`${word}\``).join(", ");
  if (schema.anyOf !== undefined) return schema.anyOf.map((each) => typeOf(schemaIn(each))).join(" or ");
  const [item] = itemsOf(schema);
  if (item !== undefined) return item.type === "object" ? "list of objects" : `list of ${typeOf(item)}`;
  return [schema.type ?? "any"].flat().join(" or ");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(SCHEMAS, { recursive: true });
  for (const output of JSON_OUTPUTS) writeFileSync(join(SCHEMAS, schemaFileOf(output)), renderSchema(output));
  writeFileSync(PAGE, fillJsonPage(readJsonPage()));
}
