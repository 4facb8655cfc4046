/** Prints a policy as JSON with descriptions, or as YAML with the descriptions as comments. */

import { Document, isMap, isPair, isSeq, Scalar, type YAMLMap, type YAMLSeq } from "yaml";
import { plainValue } from "../../../config/files/policy-lines.ts";
import { escapeInvisible, escapeInvisibleInJson } from "../../../json/escape-invisible.ts";
import type { JsonObject } from "../../../json/json.ts";
import { printJson } from "../../../json/print-json.ts";

export function learnedText(document: JsonObject, isYaml: boolean): string {
  return isYaml ? yamlText(document) : `${escapeInvisibleInJson(printJson(document, 2))}\n`;
}

function yamlText(policy: JsonObject): string {
  const document = new Document(plainValue(policy));
  const { contents } = document;
  if (!isMap(contents)) return document.toString();
  document.commentBefore = takeDescription(contents);
  moveDescriptions(contents);
  return document.toString({ lineWidth: 0 });
}

/** Makes comments of the descriptions of every entry, rule and limit below. */
function moveDescriptions(map: YAMLMap): void {
  for (const { key, value } of map.items.filter((item) => isPair(item))) {
    if (isMap(value) && key instanceof Scalar) {
      key.commentBefore = takeDescription(value);
      moveDescriptions(value);
    } else if (isSeq(value)) moveDescriptionsOfItems(value);
  }
}

function moveDescriptionsOfItems({ items }: YAMLSeq): void {
  for (const item of items) {
    if (!isMap(item)) continue;
    item.commentBefore = takeDescription(item);
    item.flow = !item.has("conditions");
    moveDescriptions(item);
  }
}

/** Removes the description of a map, and returns it as the text of a comment; null without one. */
function takeDescription(map: YAMLMap): string | null {
  const description: unknown = map.get("description");
  if (typeof description !== "string") return null;
  map.delete("description");
  // Security: agents choose their names, which must not begin a line of the policy.
  return wrap(escapeInvisible(description))
    .map((line) => ` ${line}`)
    .join("\n");
}

const LINE_LENGTH = 110;

function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line === undefined || line.length + word.length >= LINE_LENGTH) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}
