/** Compiles the rules for single tools: names and patterns, inherited category rules, hiding and pins. */

import type { Category } from "../category/category.ts";
import { compileCategoryBy } from "../category/category-by.ts";
import type { Mode } from "../mode.ts";
import { indexNames, type NamedEntry } from "../names/name-index.ts";
import { type NamePattern, parseNamePattern } from "../names/pattern.ts";
import { rulePointer } from "../pointer.ts";
import type { CategoryBy, Hiding, Policy, PolicyEntry, ToolRules } from "../policy.ts";
import type { PolicyDocument, ToolEntry } from "./document.ts";

/** The compiled entries of the document. */
export interface CompiledEntries {
  readonly tools: ReadonlyMap<string, PolicyEntry>;
  readonly categories: ReadonlyMap<string, PolicyEntry>;
  readonly everyTool: PolicyEntry;
  readonly mode: Mode;
}

/** Returns the function that finds the rules for a tool by its name. */
export function compileToolRules(document: PolicyDocument, compiled: CompiledEntries): Policy["forTool"] {
  const { tools = NO_TOOLS, hide = [] } = document;
  const matching: ToolRules["matching"] = (tool) =>
    matchingKeys(Array.from(tools.keys(), parseNamePattern), tool);
  const entries = indexNames(tools, (found) => compileFound(found, document, compiled, matching));
  const hidden = indexNames(new Map(hide.map((name) => [name, true])), (found) => ({
    isHidden: found.length > 0,
  }));
  if (hide.length === 0) return (tool) => entries.find(tool).shown;
  return (tool) => {
    const { shown, hidden: hiddenByName } = entries.find(tool);
    return hidden.find(tool).isHidden ? hiddenByName : shown;
  };
}

/** The rules of an entry, for tools that the hide list has and for the others. */
interface FoundRules {
  readonly shown: ToolRules;
  readonly hidden: ToolRules;
}

function compileFound(
  found: readonly NamedEntry<ToolEntry>[],
  document: PolicyDocument,
  compiled: CompiledEntries,
  matching: ToolRules["matching"],
): FoundRules {
  const named = found.length === 1 ? found[0] : undefined;
  const { key, entry } = named ?? {};
  const own = key === undefined ? undefined : compiled.tools.get(key);
  const byCategory = new Map<Category, CategoryRules>();
  const rulesFor = (category: Category): CategoryRules => {
    const known = byCategory.get(category);
    if (known !== undefined) return known;
    const inherited = entry?.inherit === false ? undefined : compiled.categories.get(category);
    const entries = [own, inherited, compiled.everyTool].filter((each) => each !== undefined);
    const made = { entries, shown: hidingOf(entries, undefined), hidden: hidingOf(entries, compiled.mode) };
    byCategory.set(category, made);
    return made;
  };
  const rules: ToolRules = {
    key,
    matching,
    tied: found.length > 1 ? found.map((each) => each.key) : [],
    category: entry?.category,
    categoryBy: categoryByOf(named, own),
    pin: entry?.pin ?? document.pin,
    pinPointer: pinPointerOf(named),
    entriesFor: (category) => rulesFor(category).entries,
    hidingFor: (category) => rulesFor(category).shown,
  };
  return { shown: rules, hidden: { ...rules, hidingFor: (category) => rulesFor(category).hidden } };
}

/** The entries and the hiding of a tool in one category. */
interface CategoryRules {
  readonly entries: readonly PolicyEntry[];
  /** How a tool is hidden that the hide list does not have; undefined when it is not. */
  readonly shown: Hiding | undefined;
  /** How a tool is hidden that the hide list has. */
  readonly hidden: Hiding | undefined;
}

function categoryByOf(
  named: NamedEntry<ToolEntry> | undefined,
  own: PolicyEntry | undefined,
): CategoryBy | undefined {
  const by = named?.entry.category_by;
  if (named === undefined || own === undefined || by === undefined) return undefined;
  return {
    pointer: rulePointer("tools", named.key, "category_by"),
    mode: own.mode,
    path: by.path,
    categories: new Set(by.values.values()),
    ofArguments: compileCategoryBy(by),
  };
}

const NO_TOOLS: ReadonlyMap<string, ToolEntry> = new Map();

function matchingKeys(patterns: readonly NamePattern[], tool: string): string[] {
  return patterns
    .filter(({ matches }) => matches(tool))
    .toSorted((one, other) => specificity(other) - specificity(one))
    .map(({ text }) => text);
}

function specificity({ name, literalLength }: NamePattern): number {
  return name === undefined ? literalLength : Infinity;
}

function pinPointerOf(found: NamedEntry<ToolEntry> | undefined): string {
  return found?.entry.pin === undefined ? "/pin" : rulePointer("tools", found.key, "pin");
}

/** The hide list belongs to the document: an entry in shadow mode does not lift it. */
function hidingOf(entries: readonly PolicyEntry[], listed: Mode | undefined): Hiding | undefined {
  let shadowed: Hiding | undefined;
  for (const entry of entries) {
    if (entry.action !== "hide") continue;
    if (entry.mode === "enforce") return entry;
    shadowed ??= entry;
  }
  return listed === undefined ? shadowed : { mode: listed };
}
