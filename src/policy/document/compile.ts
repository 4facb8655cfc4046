/** Compiles a document to a policy. */

import type { Category, CategoryAssignment } from "../category/category.ts";
import { compileLimits, compileRules, type RuleContext } from "./compile-rules.ts";
import { compileToolRules } from "./compile-tools.ts";
import { limitsOfEntry } from "./own-limits.ts";
import type { Mode } from "../mode.ts";
import {
  type CategoryEntry,
  type MethodEntry,
  type PolicyDocument,
  type RuleSet,
  type ToolEntry,
} from "./document.ts";
import { actionPointer, type PolicyEntry, type Policy } from "../policy.ts";
import { keepByName } from "../names/kept-names.ts";
import { lookAlikeTest } from "../names/look-alike.ts";
import { parseNamePattern } from "../names/pattern.ts";
import { callerRulesOf } from "../tool-view.ts";
import { rulePointer } from "../pointer.ts";
import type { TimeZone } from "../time/time-zone.ts";

/** A policy with its document, for checks and advice. */
export interface CompiledPolicy extends Policy {
  readonly document: PolicyDocument;
}

export interface CompileOptions {
  readonly digest: string;
  /** `shadow` shadows the whole document. `enforce` and absence leave the mode to the document. */
  readonly mode?: Mode;
}

/** Compiles a document to an immutable policy, indexed by tool. */
export function compilePolicy(document: PolicyDocument, { digest, mode }: CompileOptions): CompiledPolicy {
  const forced = mode === "shadow" ? mode : undefined;
  const context: Context = {
    mode: forced ?? document.mode ?? "enforce",
    forced,
    isStrict: document.strict === true,
    zone: document.timezone,
  };
  const tools = compileAll(document.tools, "tools", context);
  const categories = compileAll(document.categories, "categories", context);
  const methods = compileAll(document.methods, "methods", context);
  const everyTool = compileEntry(document.all_tools ?? {}, "/all_tools", context);
  const entries = [...tools.values(), ...categories.values(), everyTool, ...methods.values()];
  const forTool = compileToolRules(document, { tools, categories, everyTool, mode: context.mode });
  return Object.freeze<CompiledPolicy>({
    digest,
    default: document.default,
    mode: context.mode,
    isStrict: context.isStrict,
    argumentCheck: document.arguments,
    document,
    toolNames: toolNamesOf(document),
    rules: pointersOf(entries),
    limits: entries.flatMap((entry) => entry.limits.map(({ limit }) => limit)),
    onDeny: messagesOf(entries),
    forTool,
    isLookAlike: lookAlikesOf(document),
    categoryOf: (tool) => forTool(tool).category,
    isHidden: (tool, category) => forTool(tool).hidingFor(categoryName(category))?.mode === "enforce",
    everyTool,
    callerRules: callerRulesOf(entries),
    methods,
  });
}

interface Context {
  readonly mode: Mode;
  readonly forced: Mode | undefined;
  readonly isStrict: boolean;
  readonly zone: TimeZone | undefined;
}

type AnyEntry = RuleSet & Pick<ToolEntry & CategoryEntry, "action" | "reason" | "hide" | "arguments">;

function compileAll(
  entries: ReadonlyMap<string, AnyEntry | MethodEntry> | undefined,
  kind: string,
  context: Context,
): Map<string, PolicyEntry> {
  return new Map(
    Array.from(entries ?? [], ([name, entry]) => [
      name,
      compileEntry(entry, rulePointer(kind, name), context),
    ]),
  );
}

function compileEntry(entry: AnyEntry, pointer: string, context: Context): PolicyEntry {
  const mode = context.forced ?? entry.mode ?? context.mode;
  const place: RuleContext = { ...context, pointer, mode };
  return {
    pointer,
    action: entry.hide === true ? "hide" : (entry.action ?? "allow"),
    mode,
    rules: compileRules(entry, place),
    limits: compileLimits(limitsOfEntry(entry), place),
    ...(entry.reason !== undefined && { reason: entry.reason }),
    ...(entry.arguments !== undefined && { argumentCheck: entry.arguments }),
  };
}

/** A name that the server lists is itself. A document without tools, categories and hidden names only observes. */
function lookAlikesOf(document: PolicyDocument): Policy["isLookAlike"] {
  const { tools, hide, categories } = document;
  const keys = [...(tools?.keys() ?? []), ...(hide ?? [])];
  const isObserving = keys.length === 0 && (categories?.size ?? 0) === 0;
  if (isObserving) return () => false;
  const exact = new Set(toolNamesOf(document));
  const isLookAlike = keepByName(lookAlikeTest(keys));
  return (tool, listing) => {
    if (listing === "listed" || exact.has(tool)) return false;
    return listing === "look_alike" || isLookAlike(tool);
  };
}

function toolNamesOf(document: PolicyDocument): string[] {
  const keys = [...(document.tools?.keys() ?? []), ...(document.hide ?? [])];
  const names = keys.map((key) => parseNamePattern(key).name).filter((name) => name !== undefined);
  return Array.from(new Set(names));
}

function pointersOf(entries: readonly PolicyEntry[]): string[] {
  return entries.flatMap((entry) => [
    ...(entry.action === "allow" || entry.action === "hide" ? [] : [actionPointer(entry)]),
    ...entry.rules.map((rule) => rule.pointer),
    ...entry.limits.map(({ limit }) => limit.rule),
  ]);
}

function messagesOf(entries: readonly PolicyEntry[]): Map<string, string> {
  const messages = new Map<string, string>();
  for (const entry of entries) {
    if (entry.reason !== undefined) messages.set(actionPointer(entry), entry.reason);
    for (const { pointer, message } of entry.rules) if (message !== undefined) messages.set(pointer, message);
    for (const { limit } of entry.limits)
      if (limit.message !== undefined) messages.set(limit.rule, limit.message);
  }
  return messages;
}

function categoryName(category: Category | CategoryAssignment): Category {
  return typeof category === "string" ? category : category.category;
}

/** The policy without a policy file: allows and observes everything. */
export const ALLOW_ALL: CompiledPolicy = compilePolicy(
  {
    version: "1",
    default: "allow",
    json: new Map([
      ["version", "1"],
      ["default", "allow"],
    ]),
    notes: [],
  },
  { digest: "" },
);
