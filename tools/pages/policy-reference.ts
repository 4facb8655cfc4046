/** Writes the tables of keys of docs/policy.md, and policies/policy.schema.json, from the schema of the policy: `npm run policy:reference`. */

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { policySchema } from "../../src/policy/document/document.ts";

const ROOT = new URL("../../", import.meta.url);
const PAGE = new URL("docs/policy.md", ROOT);

interface Node {
  readonly description?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Node[];
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | boolean;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
}

/** An object of the language, with the entries that may have its keys. */
export interface KeyTable {
  readonly name: string;
  readonly objects: readonly { readonly where: string; readonly node: Node }[];
}

const SCHEMA: Node = policySchema();

/** The schema below the keys; `[]` is an item, `*` any key. */
function below(node: Node | undefined, ...path: readonly string[]): Node {
  const [step, ...rest] = path;
  if (node === undefined) throw new Error("the schema has no such place");
  if (step === undefined) return node;
  if (step === "[]") return below(node.items, ...rest);
  if (step === "*") return below(Object(node.additionalProperties), ...rest);
  if (/^\d$/.test(step)) return below(node.anyOf?.[Number(step)], ...rest);
  return below(node.properties?.[step], ...rest);
}

const TOOL = below(SCHEMA, "tools", "*");

/** The tables of the page, by the name in their mark. */
export const KEY_TABLES: readonly KeyTable[] = [
  { name: "document", objects: [{ where: "document", node: SCHEMA }] },
  {
    name: "entry",
    objects: [
      { where: "tools", node: TOOL },
      { where: "categories", node: below(SCHEMA, "categories", "*") },
      { where: "all_tools", node: below(SCHEMA, "all_tools") },
      { where: "methods", node: below(SCHEMA, "methods", "*") },
    ],
  },
  { name: "rule", objects: [{ where: "rule", node: below(TOOL, "deny_if", "[]") }] },
  {
    name: "condition",
    objects: [{ where: "condition", node: below(TOOL, "deny_if", "[]", "conditions", "[]", "0") }],
  },
  {
    name: "office_hours",
    objects: [{ where: "office_hours", node: below(TOOL, "deny_if", "[]", "conditions", "[]", "1") }],
  },
  { name: "cooldown", objects: [{ where: "cooldown", node: below(TOOL, "cooldown") }] },
  { name: "category_by", objects: [{ where: "category_by", node: below(TOOL, "category_by") }] },
  { name: "limit", objects: [{ where: "limit", node: below(TOOL, "limits", "[]", "0") }] },
  { name: "in_flight", objects: [{ where: "limit", node: below(TOOL, "limits", "[]", "1") }] },
  { name: "pin", objects: [{ where: "pin", node: below(TOOL, "pin", "1") }] },
];

/** Replaces every table of keys in the text of the page by a current one. */
export function fillKeyTables(text: string): string {
  return text.replaceAll(/<!-- keys: (\w+) -->\n(?:\n(?:\|.*\n)+)?/g, (_all, name: string) => {
    const table = KEY_TABLES.find((each) => each.name === name);
    if (table === undefined) throw new Error(`docs/policy.md: no table is named ${name}`);
    return `<!-- keys: ${name} -->\n\n${linesOf(table).join("\n")}\n`;
  });
}

function linesOf({ objects }: KeyTable): string[] {
  const keys = new Set(objects.flatMap(({ node }) => Object.keys(node.properties ?? {})));
  const isShared = objects.length > 1;
  const head = ["key", "value", ...(isShared ? ["in"] : []), "meaning"];
  const rows = Array.from(keys, (key) => {
    const having = objects.filter(({ node }) => node.properties?.[key] !== undefined);
    const node = having[0]?.node.properties?.[key] ?? {};
    const isRequired = having.every((each) => each.node.required?.includes(key) === true);
    const places =
      having.length === objects.length ? "all" : having.map(({ where }) => `\`${where}\``).join(", ");
    return [
      `\`${key}\``,
      valueOf(key, node),
      ...(isShared ? [places] : []),
      `${isRequired ? "Required. " : ""}${node.description ?? ""}`,
    ];
  });
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
}

/** Values that have a chapter of their own. */
const CHAPTERS: ReadonlyMap<string, string> = new Map([
  ["op", "an [operator](#operators)"],
  ["scope", "a [scope](#scopes)"],
  ["window", "a [window](#windows)"],
  ["conditions", "list of [conditions](#conditions)"],
  ["require", "list of [rules](#rules)"],
  ["deny_if", "list of [rules](#rules)"],
  ["limits", "list of [limits](#limits)"],
]);

function valueOf(key: string, node: Node): string {
  return CHAPTERS.get(key) ?? plainValueOf(node);
}

function plainValueOf(node: Node): string {
  if (node.const !== undefined) return `\`${JSON.stringify(node.const)}\``;
  if (node.enum !== undefined) return node.enum.map((word) => `\`${String(word)}\``).join(", ");
  if (node.anyOf !== undefined) return node.anyOf.map(plainValueOf).join(", or ");
  switch (node.type) {
    case "boolean":
      return "`true`, `false`";
    case "string":
      return "text";
    case "array":
      return `list of ${node.items?.type === "string" ? "texts" : "objects"}`;
    case "object":
      return "object";
    case "integer":
      return `whole number from ${node.minimum}`;
    case "number":
      return node.exclusiveMinimum === undefined
        ? `number from ${node.minimum}`
        : `number above ${node.exclusiveMinimum}`;
    default:
      return "any JSON";
  }
}

/** Every object of the schema that has keys of its own. */
export function objectsIn(node: Node = SCHEMA): readonly Node[] {
  const children = [
    ...Object.values(node.properties ?? {}),
    ...(node.anyOf ?? []),
    ...(node.items === undefined ? [] : [node.items]),
    ...(typeof node.additionalProperties === "object" ? [node.additionalProperties] : []),
  ];
  return [...(node.properties === undefined ? [] : [node]), ...children.flatMap((child) => objectsIn(child))];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(PAGE, fillKeyTables(readFileSync(PAGE, "utf8")));
  writeFileSync(new URL("policies/policy.schema.json", ROOT), `${JSON.stringify(policySchema(), null, 2)}\n`);
}
