/** Document -> Policy: immutable, indexed by tool. */

import type { Category, CategoryAssignment } from "./category.ts";
import { type CompiledLimit, compileLimits, compileRules, type Place } from "./compile-rules.ts";
import type { Mode } from "./mode.ts";
import type {
  Action,
  CategoryEntry,
  MethodEntry,
  Pin,
  PolicyDocument,
  RuleSet,
  ToolEntry,
} from "./document.ts";
import type { Limit } from "./limit.ts";
import { pointerTo } from "./pointer.ts";
import type { Rule } from "./rule.ts";

/** What holds for one tool, one category, one method, or every tool. */
export interface Entry {
  readonly pointer: string;
  readonly action: Action;
  readonly reason?: string;
  readonly mode: Mode;
  readonly rules: readonly Rule[];
  readonly limits: readonly CompiledLimit[];
}

export interface Policy {
  /** Of the bytes that it was read from; empty without a policy. */
  readonly digest: string;
  readonly default: "allow" | "deny";
  readonly mode: Mode;
  readonly isStrict: boolean;
  readonly document: PolicyDocument;
  /** Names that the policy mentions, the hide list included, `*` not. */
  readonly toolNames: readonly string[];
  /** Pointers of all rules. */
  readonly rules: readonly string[];
  readonly limits: readonly Limit[];
  /** The author's own words, by rule pointer. */
  readonly onDeny: ReadonlyMap<string, string>;
  /** Whether the tool has an entry of its own. */
  readonly isListed: (tool: string) => boolean;
  /** The policy's own word for the tool. */
  readonly categoryOf: (tool: string) => Category | undefined;
  /** Whether the tool is cut out of tools/list: what is hidden in earnest, not in shadow. */
  readonly isHidden: (tool: string, category: Category | CategoryAssignment) => boolean;
  /** How the tool is hidden, if it is. */
  readonly hiding: (tool: string, category: Category) => Hiding | undefined;
  /** What a changed definition of the tool does; undefined when nothing is pinned. */
  readonly pinOf: (tool: string) => Pin | undefined;
  /** The tool's own entry, else that of its category. */
  readonly entryOf: (tool: string, category: Category) => Entry | undefined;
  readonly everyTool: Entry;
  /** By method; `*` for methods that no revision of the protocol knows. */
  readonly methods: ReadonlyMap<string, Entry>;
}

export interface Hiding {
  readonly mode: Mode;
  readonly reason?: string;
}

export interface CompileOptions {
  readonly digest: string;
  /** `shadow` shadows everything, whatever the document says; `enforce`, as absence, leaves that to the document. */
  readonly mode?: Mode;
}

export function compile(document: PolicyDocument, { digest, mode }: CompileOptions): Policy {
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
  const hiding = hidingOf(document, context.mode, entryOf);
  return Object.freeze<Policy>({
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
    isHidden: (tool, category) => hiding(tool, wordOf(category))?.mode === "enforce",
    hiding,
    pinOf: (tool) => document.tools?.get(tool)?.pin ?? document.pin,
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
): Map<string, Entry> {
  return new Map(
    Array.from(entries ?? [], ([name, entry]) => [name, compileEntry(entry, pointerTo(kind, name), context)]),
  );
}

function compileEntry(entry: AnyEntry, pointer: string, context: Context): Entry {
  const mode = context.forced ?? entry.mode ?? context.mode;
  const place: Place = { ...context, pointer, mode };
  return {
    pointer,
    action: entry.hide === true ? "hide" : (entry.action ?? "allow"),
    mode,
    rules: compileRules(entry, place),
    limits: compileLimits(entry.limits ?? [], place),
    ...(entry.reason !== undefined && { reason: entry.reason }),
  };
}

/** The hide list belongs to the whole document: a tool's own shadow does not lift it. */
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

function pointersOf(entries: readonly Entry[]): string[] {
  return entries.flatMap((entry) => [
    ...(entry.action === "allow" || entry.action === "hide" ? [] : [actionPointer(entry)]),
    ...entry.rules.map((rule) => rule.pointer),
    ...entry.limits.map(({ limit }) => limit.rule),
  ]);
}

/** `/tools/create_charge/action`. */
export function actionPointer(entry: Entry): string {
  return `${entry.pointer}/action`;
}

function messagesOf(entries: readonly Entry[]): Map<string, string> {
  const messages = new Map<string, string>();
  for (const entry of entries) {
    if (entry.reason !== undefined) messages.set(actionPointer(entry), entry.reason);
    for (const { pointer, message } of entry.rules) if (message !== undefined) messages.set(pointer, message);
    for (const { limit } of entry.limits)
      if (limit.message !== undefined) messages.set(limit.rule, limit.message);
  }
  return messages;
}

function wordOf(category: Category | CategoryAssignment): Category {
  return typeof category === "string" ? category : category.category;
}

/** No policy: everything is allowed, and observed. */
export const ALLOW_ALL: Policy = compile(
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
