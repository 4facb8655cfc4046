/** Prints a starter policy as JSON with descriptions or as YAML with comments. */

import { Document, isMap, isPair, isScalar, isSeq, type Pair, Scalar, type YAMLMap } from "yaml";
import { plainValue } from "../../config/files/policy-lines.ts";
import type { Json, JsonObject } from "../../json/json.ts";
import { printJson } from "../../json/print-json.ts";
import type { StarterPolicy, StarterTool } from "./starter-policy.ts";

/** JSON; reasons are in `description`. */
export function starterJson(starter: StarterPolicy): string {
  const described = starter.listed.map(({ name, why, entry }): [string, Json] => {
    return [name, new Map<string, Json>([["description", why], ...entry])];
  });
  const hidden = starter.hidden.map(({ name }) => name).join(", ");
  const reasons = hidden === "" ? [] : [`Hidden because they destroy: ${hidden}.`];
  const description = [...starter.header, ...reasons].join(" ");
  return `${printJson(documentOf(starter, description, new Map(described)), 2)}\n`;
}

/** YAML; reasons are in comments, each above its entry. */
export function starterYaml(starter: StarterPolicy): string {
  const tools: JsonObject = new Map(starter.listed.map(({ name, entry }) => [name, entry]));
  const document = new Document(plainValue(documentOf(starter, undefined, tools)));
  document.commentBefore = starter.header.map((line) => ` ${line}`).join("\n");
  const { contents } = document;
  if (!isMap(contents)) return document.toString();
  comment(contents, "default", "what is not listed below is denied, also a tool that the server adds later");
  commentHidden(contents.get("hide"), starter.hidden);
  const listed = contents.get("tools");
  if (isMap(listed)) for (const { name, why } of starter.listed) comment(listed, name, why);
  for (const limit of limitsIn(listed)) limit.flow = true;
  return document.toString({ lineWidth: 0 });
}

function documentOf(
  { hidden }: StarterPolicy,
  description: string | undefined,
  tools: JsonObject,
): JsonObject {
  const names = hidden.map(({ name }) => name);
  return new Map<string, Json>([
    ["version", "1"],
    ...(description === undefined ? [] : ([["description", description]] satisfies [string, Json][])),
    ["default", "deny"],
    ...(names.length === 0 ? [] : ([["hide", names]] satisfies [string, Json][])),
    ["tools", tools],
  ]);
}

function comment(map: YAMLMap, name: string, text: string): void {
  const pair: Pair | undefined = map.items.find(({ key }) => isScalar(key) && key.value === name);
  if (pair === undefined || !isPair(pair) || !(pair.key instanceof Scalar)) return;
  pair.key.commentBefore = ` ${text}`;
  pair.key.spaceBefore = map.items[0] !== pair;
}

function commentHidden(hide: unknown, hidden: readonly StarterTool[]): void {
  if (!isSeq(hide)) return;
  for (const [index, item] of hide.items.entries()) {
    if (isScalar(item)) item.comment = ` ${hidden[index]?.why ?? ""}`;
  }
}

function limitsIn(tools: unknown): { flow?: boolean }[] {
  if (!isMap(tools)) return [];
  return tools.items.flatMap(({ value }) => {
    const limits = isMap(value) ? value.get("limits") : undefined;
    return isSeq(limits) ? limits.items.filter((limit) => isMap(limit)) : [];
  });
}
