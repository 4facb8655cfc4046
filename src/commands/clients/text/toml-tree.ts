/** Parses TOML, and joins the tables, dotted keys and inline tables of one name. */

import { type AST, parseTOML } from "toml-eslint-parser";
import type { ConfigMember, ConfigNode, ObjectNode, ParsedConfig } from "./config-tree.ts";

type OpenObject = Omit<ObjectNode, "members"> & { readonly members: ConfigMember[] };

export function parseToml(text: string): ParsedConfig {
  let program: AST.TOMLProgram;
  try {
    // A byte order mark takes the place of a blank, so that every position stays.
    program = parseTOML(text.replace(/^\uFEFF/, " "), { tomlVersion: "1.1" });
  } catch (error) {
    return { ok: false, problem: problemOf(error) };
  }
  const root = openObject(0, text.length);
  for (const entry of program.body[0].body) {
    if (entry.type === "TOMLKeyValue") addValue(root, entry, text, true);
    else if (entry.kind === "standard") addTable(root, entry, text);
  }
  return { ok: true, root };
}

/** The error of the parser has a line from 1 and a column from 0. */
function problemOf(error: unknown): string {
  if (!(error instanceof Error)) throw error;
  if (!("lineNumber" in error && "column" in error)) throw error;
  const { lineNumber, column } = error;
  const message = error.message.slice(0, 1).toLowerCase() + error.message.slice(1);
  return `line ${String(lineNumber)}, column ${Number(column) + 1}: ${message}`;
}

function openObject(start: number, end: number): OpenObject {
  return { kind: "object", start, end, members: [] };
}

/** Every object of this file was made by `openObject`. */
function isOpen(node: ConfigNode): node is OpenObject {
  return node.kind === "object";
}

/** Tables of a list of tables have an index in their path; no client keeps servers in one. */
function addTable(root: OpenObject, table: AST.TOMLTable, text: string): void {
  const path = table.resolvedKey.map(String);
  const object = descend(root, path, table.range);
  for (const entry of table.body) addValue(object, entry, text, true);
}

function addValue(object: OpenObject, entry: AST.TOMLKeyValue, text: string, isLine: boolean): void {
  const { keys } = entry.key;
  const last = keys.at(-1);
  if (last === undefined) return;
  const names = keys.map(nameOf);
  const parent = descend(object, names.slice(0, -1), entry.range);
  const [keyStart] = entry.range;
  parent.members.push({
    name: names.at(-1) ?? "",
    keyStart,
    keyPrefix: text.slice(keyStart, last.range[0]),
    isLine,
    value: nodeOf(entry.value, text),
  });
}

function nameOf(key: AST.TOMLBare | AST.TOMLQuoted): string {
  return key.type === "TOMLBare" ? key.name : key.value;
}

/** The object at a path, made where it is not there yet. */
function descend(object: OpenObject, path: readonly string[], [start, end]: AST.Range): OpenObject {
  return path.reduce((parent, name) => {
    const known = parent.members.find((member) => member.name === name)?.value;
    if (known !== undefined && isOpen(known)) return known;
    const value = openObject(start, end);
    parent.members.push({ name, keyStart: start, keyPrefix: "", isLine: true, value });
    return value;
  }, object);
}

function nodeOf(node: AST.TOMLContentNode, text: string): ConfigNode {
  const [start, end] = node.range;
  if (node.type === "TOMLArray")
    return { kind: "array", start, end, elements: node.elements.map((element) => nodeOf(element, text)) };
  if (node.type === "TOMLInlineTable") {
    const object = openObject(start, end);
    for (const entry of node.body) addValue(object, entry, text, false);
    return object;
  }
  return node.kind === "string"
    ? { kind: "text", start, end, text: node.value }
    : { kind: "other", start, end };
}
