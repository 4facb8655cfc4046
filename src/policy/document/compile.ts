/** Compiles a document to a policy. */

import type { Category, CategoryAssignment } from "../category/category.ts";
import { compileLimits, compileRules, type RuleContext } from "./compile-rules.ts";
import type { Mode } from "../mode.ts";
import type { CategoryEntry, MethodEntry, Pin, PolicyDocument, RuleSet, ToolEntry } from "./document.ts";
import { actionPointer, type PolicyEntry, type Policy } from "../policy.ts";
import { rulePointer } from "../pointer.ts";

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
  };
  const tools = compileAll(document.tools, "tools", context);
  const categories = compileAll(document.categories, "categories", context);
  const methods = compileAll(document.methods, "methods", context);
  const everyTool = compileEntry(document.all_tools ?? {}, "/all_tools", context);
  const entries = [...tools.values(), ...categories.values(), everyTool, ...methods.values()];
  const entryOf: Policy["entryOf"] = (tool, category) => tools.get(tool) ?? categories.get(category);
  const ownPin = (tool: string): Pin | undefined => document.tools?.get(tool)?.pin;
  const hiding = hidingOf(document, context.mode, entryOf);
  return Object.freeze<CompiledPolicy>({
    digest,
    default: document.default,
    mode: context.mode,
    isStrict: context.isStrict,
    document,
    toolNames: toolNamesOf(document),
    rules: pointersOf(entries),
    limits: entries.flatMap((entry) => entry.limits.map(({ limit }) => limit)),
    onDeny: messagesOf(entries),
    isListed: (tool) => tools.has(tool),
    categoryOf: (tool) => document.tools?.get(tool)?.category,
    isHidden: (tool, category) => hiding(tool, categoryName(category))?.mode === "enforce",
    hiding,
    pinOf: (tool) => ownPin(tool) ?? document.pin,
    pinPointerOf: (tool) => (ownPin(tool) === undefined ? "/pin" : rulePointer("tools", tool, "pin")),
    entryOf,
    everyTool,
    methods,
  });
}

interface Context {
  readonly mode: Mode;
  readonly forced: Mode | undefined;
  readonly isStrict: boolean;
}

type AnyEntry = RuleSet & Pick<ToolEntry & CategoryEntry, "action" | "reason" | "hide">;

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
    limits: compileLimits(entry.limits ?? [], place),
    ...(entry.reason !== undefined && { reason: entry.reason }),
  };
}

/** The hide list belongs to the document: an entry in shadow mode does not lift it. */
function hidingOf(document: PolicyDocument, mode: Mode, entryOf: Policy["entryOf"]): Policy["hiding"] {
  const names = new Set(document.hide);
  const isEverythingHidden = names.has("*");
  return (tool, category) => {
    const entry = entryOf(tool, category);
    const own = entry?.action === "hide" ? entry : undefined;
    if (!isEverythingHidden && !names.has(tool)) return own;
    return own?.mode === "enforce" ? own : { mode };
  };
}

function toolNamesOf(document: PolicyDocument): string[] {
  const names = new Set([...(document.tools?.keys() ?? []), ...(document.hide ?? [])]);
  names.delete("*");
  return Array.from(names);
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
