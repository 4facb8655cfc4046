/** Compares two policies place by place. */

import { isJsonObject } from "../../../json/json.ts";
import type { CompiledPolicy } from "../../../policy/document/compile.ts";
import type { PolicyDocument } from "../../../policy/document/document.ts";
import { parseNamePattern } from "../../../policy/names/pattern.ts";
import { pluralize } from "../../cli/command.ts";
import { type AnyEntry, compareEntries, type PlacedEntry } from "./compare-entries.ts";
import { MODE_RANK, noteOf } from "./compare-lists.ts";
import { type Difference, type Found, ranked } from "./difference.ts";

/** All differences of `after` from `before`, in the order of the document. */
export function comparePolicies(before: CompiledPolicy, after: CompiledPolicy): Difference[] {
  const [one, other] = [before.document, after.document];
  const everyTool = compareEntries(placed(one, "all_tools"), placed(other, "all_tools"));
  return [
    ...at("the document", compareDocument(one, other)),
    ...at("every tool", everyTool),
    ...keysOf(one.categories, other.categories).flatMap((name) =>
      at(
        `category ${name}`,
        compareEntries(placed(one, "categories", name), placed(other, "categories", name)),
      ),
    ),
    ...keysOf(one.tools, other.tools).flatMap((name) => at(`tool ${name}`, compareTool(name, before, after))),
    ...keysOf(one.methods, other.methods).flatMap((name) =>
      at(`method ${name}`, compareMethod(name, one, other)),
    ),
  ];
}

function at(place: string, found: readonly Found[]): Difference[] {
  return found.map((each) => ({ place, ...each }));
}

type Section = "tools" | "categories" | "methods";

function placed(document: PolicyDocument, section: Section | "all_tools", name?: string): PlacedEntry {
  const json = isJsonObject(document.json) ? document.json.get(section) : undefined;
  if (section === "all_tools") return { document, entry: document.all_tools ?? {}, json };
  const entry: AnyEntry = document[section]?.get(name ?? "") ?? {};
  return { document, entry, json: isJsonObject(json) ? json.get(name ?? "") : undefined };
}

function keysOf(...maps: readonly (ReadonlyMap<string, unknown> | undefined)[]): string[] {
  return [...new Set(maps.flatMap((map) => [...(map?.keys() ?? [])]))];
}

function compareDocument(before: PolicyDocument, after: PolicyDocument): Found[] {
  return [
    ...ranked("default", [before.default, after.default], ["allow", "deny"]),
    ...ranked("mode", [before.mode ?? "enforce", after.mode ?? "enforce"], MODE_RANK),
    ...ranked("strict", [`${before.strict === true}`, `${after.strict === true}`], ["false", "true"]),
    ...compareHidden(before.hide ?? [], after.hide ?? []),
    ...compareValidation(before.arguments ?? "observe", after.arguments ?? "observe"),
    ...comparePins(before.pin ?? "none", after.pin ?? "none"),
    ...compareZones(before, after),
    ...noteOf("its description", before.description, after.description),
  ];
}

/** Only `validate` denies; the others count. */
function compareValidation(before: string, after: string): Found[] {
  if (before === after) return [];
  const text = `arguments: ${before} -> ${after}`;
  if (after === "validate") return [{ kind: "stricter", text }];
  return [{ kind: before === "validate" ? "looser" : "note", text }];
}

function comparePins(before: string, after: string): Found[] {
  if (before === after) return [];
  const text = `pin: ${before} -> ${after}`;
  if (after === "deny") return [{ kind: "stricter", text }];
  return [{ kind: before === "deny" ? "looser" : "note", text }];
}

function compareZones({ timezone: before }: PolicyDocument, { timezone: after }: PolicyDocument): Found[] {
  const [one, other] = [before?.name ?? "UTC", after?.name ?? "UTC"];
  return one === other ? [] : [{ kind: "changed", text: `timezone: ${one} -> ${other}` }];
}

function compareHidden(before: readonly string[], after: readonly string[]): Found[] {
  const [one, other] = [new Set(before), new Set(after)];
  return [
    ...[...other]
      .filter((name) => !one.has(name))
      .map((name): Found => ({ kind: "stricter", text: `hide ${name}: added` })),
    ...[...one]
      .filter((name) => !other.has(name))
      .map((name): Found => ({ kind: "looser", text: `hide ${name}: removed` })),
  ];
}

function compareMethod(name: string, before: PolicyDocument, after: PolicyDocument): Found[] {
  const [one, other] = [placed(before, "methods", name), placed(after, "methods", name)];
  // An entry for unknown methods also lifts the denial of `strict`.
  const isLifting = name === "*" && (one.json === undefined) !== (other.json === undefined);
  const lifted: Found = {
    kind: "changed",
    text: "decides about methods that no MCP revision has, in place of strict",
  };
  return [...(isLifting ? [lifted] : []), ...compareEntries(one, other)];
}

function compareTool(key: string, before: CompiledPolicy, after: CompiledPolicy): Found[] {
  const [one, other] = [placed(before.document, "tools", key), placed(after.document, "tools", key)];
  if (one.json !== undefined && other.json !== undefined) return compareEntries(one, other);
  const isAdded = one.json === undefined;
  const without = isAdded ? before : after;
  const covering = coveringKey(key, without);
  if (covering !== undefined) {
    const instead = placed(without.document, "tools", covering);
    return [
      {
        kind: "changed",
        text: isAdded
          ? `has an entry of its own, in place of ${covering}`
          : `${covering} decides, in place of its own entry`,
      },
      ...(isAdded ? compareEntries(instead, other) : compareEntries(one, instead)),
    ];
  }
  return [...entryFound(isAdded, without, isAdded ? other : one), ...overlapFound(key, before, after)].concat(
    isOpen(without.document) ? compareEntries(one, other) : [],
  );
}

/** Whether calls of tools without an entry pass. */
function isOpen({ default: action, mode }: PolicyDocument): boolean {
  return action === "allow" || mode === "shadow";
}

/** The entry of another name that decides about a tool; undefined for a pattern, and without one. */
function coveringKey(key: string, policy: CompiledPolicy): string | undefined {
  const { name } = parseNamePattern(key);
  return name === undefined ? undefined : policy.forTool(name).key;
}

function entryFound(isAdded: boolean, { document }: CompiledPolicy, { entry }: PlacedEntry): Found[] {
  const text = isAdded ? "listed" : "no longer listed";
  const lookAlikes = `names that look like it are ${isAdded ? "denied" : "allowed"}`;
  if (document.default === "allow") return [{ kind: "changed", text: `${text}: ${lookAlikes}` }];
  if (isOpen(document))
    return [{ kind: "changed", text: `${text}: other tools are denied by default in shadow mode alone` }];
  const isDenied = entry.action === "deny" || entry.action === "hide";
  if (isDenied) return [{ kind: "changed", text: `${text}: denied with and without its entry` }];
  const size = `${pluralize((entry.require?.length ?? 0) + (entry.deny_if?.length ?? 0), "rule")} and ${pluralize(entry.limits?.length ?? 0, "limit")}`;
  return isAdded
    ? [
        {
          kind: "looser",
          text: `listed, with ${entry.action === "approve" ? "approval, " : ""}${size}: no longer denied by default`,
        },
      ]
    : [{ kind: "stricter", text: `${text}: denied by default` }];
}

/** A pattern takes tools from other patterns, or ties with them. */
function overlapFound(key: string, before: CompiledPolicy, after: CompiledPolicy): Found[] {
  if (parseNamePattern(key).name !== undefined) return [];
  const others = keysOf(before.document.tools, after.document.tools).filter(
    (other) => other !== key && parseNamePattern(other).name === undefined,
  );
  return others.length === 0
    ? []
    : [
        {
          kind: "changed",
          text: `decides in place of other patterns where it is more specific: ${others.slice(0, 5).join(", ")}`,
        },
      ];
}
