/** Parses JSON with comments and trailing commas, as VS Code and Zed take it. */

import { type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { type ConfigMember, type ConfigNode, type ParsedConfig, positionIn } from "./config-tree.ts";

/** A text of blanks and comments has no servers. */
export function parseJsonc(text: string): ParsedConfig {
  const errors: ParseError[] = [];
  // A byte order mark takes the place of a blank, so that every position stays.
  const root = parseTree(text.replace(/^\uFEFF/, " "), errors, {
    allowTrailingComma: true,
    allowEmptyContent: true,
  });
  const [first] = errors;
  if (first !== undefined)
    return {
      ok: false,
      problem: `${positionIn(text, first.offset)}: ${inWords(printParseErrorCode(first.error))}`,
    };
  const node = root === undefined ? undefined : nodeOf(root);
  if (node === undefined)
    return { ok: true, root: { kind: "object", start: text.length, end: text.length, members: [] } };
  return node.kind === "object"
    ? { ok: true, root: node }
    : { ok: false, problem: `${positionIn(text, node.start)}: must be an object` };
}

/** `CommaExpected` is `comma expected`. */
function inWords(code: string): string {
  return code.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
}

function nodeOf({ type, value, offset: start, length, children = [] }: Node): ConfigNode {
  const end = start + length;
  switch (type) {
    case "object":
      return { kind: "object", start, end, members: children.flatMap(memberOf) };
    case "array":
      return { kind: "array", start, end, elements: children.map(nodeOf) };
    case "string":
      return { kind: "text", start, end, text: String(value) };
    case "property":
    case "number":
    case "boolean":
    case "null":
      return { kind: "other", start, end };
  }
}

function memberOf({ children: [key, value] = [] }: Node): ConfigMember[] {
  if (key === undefined || value === undefined) return [];
  const name = String(key.value);
  return [{ name, keyStart: key.offset, keyPrefix: "", isLine: false, value: nodeOf(value) }];
}
