/** Finds rules that are never reached, or that an earlier rule makes superfluous. */

import type { PolicyDocument } from "../document/document.ts";
import {
  documentRoot,
  type Finding,
  type PlacedEntry,
  placedEntries,
  type PlacedRule,
  placedRules,
} from "./finding.ts";
import { parseNamePattern } from "../names/pattern.ts";
import type { DocumentPath } from "../schema/document-path.ts";

/** Finds every rule and limit that never changes a decision. */
export function shadowedFindings(document: PolicyDocument): Finding[] {
  const entries = placedEntries(document);
  return [
    ...entries.flatMap((entry) => behindDenial(document, entry)),
    ...entries.flatMap(behindRule),
    ...methodFindings(document),
    ...inertCategories(document),
  ];
}

/** Finds rules and limits of an entry whose calls are all denied before. */
function behindDenial(document: PolicyDocument, entry: PlacedEntry): Finding[] {
  const why = isEnforced(document, entry) ? denialOf(document, entry) : undefined;
  const hidden = [...placedRules(entry).map(({ place }) => place), ...limitPlaces(entry)];
  const [first] = hidden;
  if (why === undefined || first === undefined) return [];
  const more = hidden.length === 1 ? "" : `, and so are ${hidden.length - 1} more`;
  return [shadowed(first, `is never asked${more}: ${why}`)];
}

function denialOf(document: PolicyDocument, { kind, name, entry }: PlacedEntry): string | undefined {
  if (document.hide?.includes("*") === true) return "`hide` hides every tool";
  if (kind === "tool" && isInHideList(document, name)) return `\`hide\` hides \`${name}\``;
  if (entry.hide === true || entry.action === "hide") return "the entry hides its tools";
  if (entry.action === "deny") return '"action" is "deny"';
  if (kind === "category" && document.default === "deny" && !isInherited(document)) {
    return '"default": "deny" denies the tools that are not listed, and no listed tool inherits it';
  }
  return undefined;
}

function isInherited({ tools }: PolicyDocument): boolean {
  return Array.from(tools?.values() ?? []).some(({ inherit }) => inherit !== false);
}

/** Whether the list hides every tool that the entry is for. */
function isInHideList({ hide = [] }: PolicyDocument, key: string): boolean {
  const { name } = parseNamePattern(key);
  if (name === undefined) return hide.includes(key);
  return hide.some((pattern) => parseNamePattern(pattern).matches(name));
}

/** Finds entries of categories that mean to allow tools which default deny denies. */
function inertCategories(document: PolicyDocument): Finding[] {
  if (document.default !== "deny") return [];
  const place = documentRoot().at("categories");
  return Array.from(document.categories ?? []).flatMap(([name, entry]): Finding[] => {
    if (entry.action !== "allow") return [];
    const message =
      'allows no tool: "default": "deny" denies the tools that are not listed under `tools`, whatever their category';
    return [{ severity: "warning", code: "no-effect", path: place.at(name).at("action").path(), message }];
  });
}

function isEnforced(document: PolicyDocument, { entry }: PlacedEntry): boolean {
  return (entry.mode ?? document.mode) !== "shadow";
}

function limitPlaces({ place, entry }: PlacedEntry): DocumentPath[] {
  return (entry.limits ?? []).map((_limit, index) => place.at("limits").at(index));
}

/** Finds rules and limits after a deny_if without conditions, and rules that an earlier rule makes superfluous. */
function behindRule(entry: PlacedEntry): Finding[] {
  const rules = placedRules(entry);
  const always = rules.findIndex((each) => isAlways(each) && denies(each, entry));
  if (always >= 0) {
    const behind = [...rules.slice(always + 1).map(({ place }) => place), ...limitPlaces(entry)];
    const path = rules[always]?.place.path();
    return behind.map((place) => shadowed(place, `is never reached: \`${path}\` denies every call`));
  }
  return rules.flatMap((rule, index) => {
    const earlier = rules.slice(0, index).find((each) => denies(each, entry) && covers(each, rule));
    if (earlier === undefined) return [];
    return [
      shadowed(rule.place, `changes nothing: \`${earlier.place.path()}\` denies every call that it denies`),
    ];
  });
}

function isAlways({ kind, rule }: PlacedRule): boolean {
  return kind === "deny_if" && rule.conditions.length === 0;
}

/** Whether the rule denies in enforce mode. */
function denies({ rule }: PlacedRule, { entry }: PlacedEntry): boolean {
  return (rule.mode ?? entry.mode) !== "shadow" && rule.effect !== "approve";
}

/** Whether `earlier` denies every call that `later` denies: a deny_if with fewer of the same conditions, a require with more. */
function covers(earlier: PlacedRule, later: PlacedRule): boolean {
  if (earlier.kind !== later.kind || later.rule.conditions.length === 0) return false;
  const [fewer, more] = earlier.kind === "deny_if" ? [earlier, later] : [later, earlier];
  const texts = new Set(more.rule.conditions.map(conditionKey));
  return fewer.rule.conditions.every((condition) => texts.has(conditionKey(condition)));
}

function conditionKey({ segments, operator, of, text }: PlacedRule["rule"]["conditions"][number]): string {
  return JSON.stringify([segments, operator, of, text]);
}

function methodFindings(document: PolicyDocument): Finding[] {
  const place = documentRoot().at("methods");
  return Array.from(document.methods ?? []).flatMap(([name, { action, limits = [], mode }]) => {
    const isDenied = action === "deny" && (mode ?? document.mode) !== "shadow";
    const first = place.at(name).at("limits").at(0);
    return isDenied && limits.length > 0 ? [shadowed(first, 'is never asked: "action" is "deny"')] : [];
  });
}

function shadowed(place: DocumentPath, message: string): Finding {
  return { severity: "warning", code: "shadowed", path: place.path(), message };
}
