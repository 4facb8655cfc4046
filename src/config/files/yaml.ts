/** Reads YAML as the JSON values that a JSON file would give: numbers keep their token, and a name stands once. */

import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type Alias,
  type Document,
  type Scalar,
} from "yaml";
import { linePosition, parseYaml } from "../parse-yaml.ts";
import { type Json, JsonNumber } from "../../json/json.ts";

export type YamlReading =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly problems: readonly string[] };

// Security: ten lines of aliases can expand to a billion values.
const MAX_UNFOLDED = 100_000;
const MAX_DEPTH = 64;

/** The value of a text with one YAML 1.2 document, or every problem with its line and column. */
export function readYaml(text: string): YamlReading {
  const { document, lines, problems, warnings } = parseYaml(text);
  const faults = [...problems, ...warnings];
  if (faults.length > 0) return { ok: false, problems: faults };
  const reader: Reader = { document, lines, problems: [], unfolded: 0, aliasDepth: 0 };
  const value = readNode(document.contents, reader, 1);
  return reader.problems.length === 0 ? { ok: true, value } : { ok: false, problems: reader.problems };
}

interface Reader {
  readonly document: Document;
  readonly lines: LineCounter;
  readonly problems: string[];
  /** Number of values that were read through aliases. */
  unfolded: number;
  aliasDepth: number;
}

function readNode(node: unknown, reader: Reader, depth: number): Json {
  if (reader.aliasDepth > 0) reader.unfolded += 1;
  if (depth > MAX_DEPTH) return addProblem(node, reader, "is nested too deep");
  if (node === null || node === undefined) return null;
  if (isAlias(node)) return readAlias(node, reader, depth);
  if (isScalar(node)) return readScalar(node, reader);
  if (isSeq(node)) return node.items.map((item) => readNode(item, reader, depth + 1));
  return isMap(node) ? readMap(node.items, reader, depth) : addProblem(node, reader, "is no value of JSON");
}

function readAlias(alias: Alias, reader: Reader, depth: number): Json {
  // Over the bound: one problem is enough, and the rest is not expanded.
  if (reader.unfolded > MAX_UNFOLDED) return null;
  const target = alias.resolve(reader.document);
  if (target === undefined)
    return addProblem(alias, reader, `is an alias without its anchor: ${alias.source}`);
  reader.aliasDepth += 1;
  const value = readNode(target, reader, depth + 1);
  reader.aliasDepth -= 1;
  if (reader.unfolded > MAX_UNFOLDED && reader.problems.length === 0) {
    return addProblem(alias, reader, "unfolds to too many values");
  }
  return value;
}

interface Pair {
  readonly key: unknown;
  readonly value: unknown;
}

function readMap(pairs: readonly Pair[], reader: Reader, depth: number): Json {
  const members = new Map<string, Json>();
  for (const { key, value } of pairs) {
    const name = isScalar(key) ? scalarName(key) : undefined;
    if (name === undefined) addProblem(key, reader, "must be a text as a name");
    else if (members.has(name))
      addProblem(key, reader, `is a name that stands twice: ${JSON.stringify(name)}`);
    else members.set(name, readNode(value, reader, depth + 1));
  }
  return members;
}

/** The name of a member as it is written: `404:` is a tool named `404`. */
function scalarName(key: Scalar): string | undefined {
  if (typeof key.value === "string") return key.value;
  return key.source === undefined || key.source === "" ? undefined : key.source;
}

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function readScalar(node: Scalar, reader: Reader): Json {
  const { value, source } = node;
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value !== "number" || !Number.isFinite(value))
    return addProblem(node, reader, "must be a finite number, a text, true, false or null");
  return new JsonNumber(source !== undefined && JSON_NUMBER.test(source) ? source : String(value));
}

function addProblem(node: unknown, reader: Reader, message: string): null {
  const offset = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range?.[0] : undefined;
  reader.problems.push(`${linePosition(reader.lines, offset ?? 0)}: ${message}`);
  return null;
}
