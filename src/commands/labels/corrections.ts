/** The categories that a person assigned: by flag, or in an edited list. */

import type { Category } from "../../policy/category/category.ts";
import { didYouMean } from "../../policy/schema/did-you-mean.ts";
import { isJsonArray, isJsonObject, type Json } from "../../json/json.ts";
import { readDocument } from "../policy/read-document.ts";
import type { Label } from "./listing.ts";
import { parseCategory } from "./request.ts";

export interface AssignedCategories {
  /** By tool: those that differ from the label. */
  readonly changed: ReadonlyMap<string, Category>;
  readonly problems: readonly string[];
}

/** Compares the assigned categories with the labels. A name that the server does not list is a problem. */
export function changedCategories(
  labels: readonly Label[],
  assigned: ReadonlyMap<string, Category>,
): AssignedCategories {
  const known = new Map(labels.map((label) => [label.name, label]));
  const problems = Array.from(assigned.keys())
    .filter((name) => !known.has(name))
    .map((name) => `the server has no tool ${JSON.stringify(name)}${didYouMean(name, known.keys())}`);
  const changed = Array.from(assigned).filter(([name, category]) => {
    const label = known.get(name);
    return label !== undefined && (label.category !== category || label.source !== "policy");
  });
  return { changed: new Map(changed), problems };
}

/** The categories of an edited list that are no longer the label; the others were not edited. */
export function readEditedList(file: string, labels: readonly Label[]): AssignedCategories {
  const read = readDocument(file);
  if (!read.ok) return { changed: new Map(), problems: read.problems };
  const list = isJsonObject(read.value) ? read.value.get("tools") : read.value;
  if (!isJsonArray(list))
    return {
      changed: new Map(),
      problems: [`${file}: must be a list that tollgate labels --format yaml printed`],
    };
  const entries = list.map((item, index) => readItem(item, `${file}: tools[${index}]`));
  const problems = entries.flatMap(({ problem }) => problem ?? []);
  const assigned = new Map(entries.flatMap(({ assigned: one }) => (one === undefined ? [] : [one])));
  for (const { name, category } of labels) if (assigned.get(name) === category) assigned.delete(name);
  const compared = changedCategories(labels, assigned);
  return { changed: compared.changed, problems: [...problems, ...compared.problems] };
}

interface ReadItem {
  readonly assigned?: [string, Category];
  readonly problem?: readonly string[];
}

function readItem(item: Json, where: string): ReadItem {
  const [name, word] = isJsonObject(item) ? [item.get("name"), item.get("category")] : [];
  if (typeof name !== "string" || typeof word !== "string")
    return { problem: [`${where}: must have "name" and "category"`] };
  const { category, problem } = parseCategory(`${where}.category`, word);
  return category === undefined ? { problem: problem ?? [] } : { assigned: [name, category] };
}
