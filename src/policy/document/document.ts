/** The normal form of the policy document: strict reader, problems with paths, and JSON Schema for editors. */

import { CATEGORIES, type Category } from "../category/category.ts";
import { ARGUMENT_CHECKS, type ArgumentCheck } from "../arguments/argument-check.ts";
import type { CategoryByEntry } from "../category/category-by.ts";
import { CATEGORY_BY } from "./category-by-entry.ts";
import type { Mode } from "../mode.ts";
import { normalizeDocument } from "./legacy-forms.ts";
import { parseNamePattern } from "../names/pattern.ts";
import { isJsonObject, type Json } from "../../json/json.ts";
import { DOCUMENT_KEYS, ENTRY_KEYS } from "../reference/key-words.ts";
import { ARGUMENT_CHECK_WORDS } from "../reference/value-words.ts";
import { TIME_ZONE } from "../time/read-zone.ts";
import type { TimeZone } from "../time/time-zone.ts";
import { DocumentPath, type Problem } from "../schema/document-path.ts";
import { ON_CHANGE, PIN, type Pin } from "./pin.ts";
import { COOLDOWN, type CooldownEntry } from "./cooldown.ts";
import { CONCURRENT, type CheckedLimit, LIMITS, MODE, type RuleEntry, RULES } from "./rule-entry.ts";
import {
  record,
  boolean,
  type JsonSchema,
  array,
  explained,
  listWords,
  object,
  optional,
  refine,
  required,
  type Shape,
  string,
  oneOf,
} from "../schema/schema.ts";

export const ACTIONS = ["allow", "deny", "hide", "approve"] as const;
export type Action = (typeof ACTIONS)[number];

interface RuleLists {
  readonly require?: readonly RuleEntry[];
  readonly deny_if?: readonly RuleEntry[];
  readonly limits?: readonly CheckedLimit[];
  /** The number of calls of each tool that may be in flight: short for a limit of scope `tool`. */
  readonly concurrent?: number;
  /** After some failures, the calls of each agent to each tool are refused for a while. */
  readonly cooldown?: CooldownEntry;
}

/** The part that entries of `tools` and `categories` share with `all_tools`. */
export interface RuleSet extends RuleLists {
  readonly description?: string;
  readonly mode?: Mode;
  /** The list that comes first in the document, and is evaluated first. */
  readonly first?: "require" | "deny_if";
}

export interface ToolEntry extends RuleSet {
  readonly action?: Action;
  readonly reason?: string;
  readonly category?: Category;
  /** The category of each call by one of its arguments; `category` is for the others, and for the list. */
  readonly category_by?: CategoryByEntry;
  /** False: the rules of the category do not apply beside those of this entry. */
  readonly inherit?: boolean;
  readonly pin?: Pin;
  readonly arguments?: ArgumentCheck;
}

export interface CategoryEntry extends RuleSet {
  readonly action?: Action;
  readonly reason?: string;
  readonly hide?: boolean;
  readonly arguments?: ArgumentCheck;
}

export interface MethodEntry {
  readonly description?: string;
  readonly action: "allow" | "deny";
  readonly reason?: string;
  readonly limits?: readonly CheckedLimit[];
  readonly concurrent?: number;
  readonly mode?: Mode;
}

export interface PolicyDocument {
  readonly version: "1";
  readonly default: "allow" | "deny";
  readonly description?: string;
  readonly hide?: readonly string[];
  readonly all_tools?: RuleSet;
  readonly tools?: ReadonlyMap<string, ToolEntry>;
  readonly strict?: boolean;
  readonly mode?: Mode;
  readonly pin?: "deny" | "warn";
  /** The zone of the hours, days, weeks and months of limits, and of conditions on the time; absent: UTC. */
  readonly timezone?: TimeZone;
  /** How the arguments of a call are held against the inputSchema of its tool; default `observe`. */
  readonly arguments?: ArgumentCheck;
  readonly categories?: ReadonlyMap<string, CategoryEntry>;
  readonly methods?: ReadonlyMap<string, MethodEntry>;
  /** The document as JSON with its `x-` keys, which `policy check` and `GET /policy` print. */
  readonly json: Json;
  /** Notes for the author about the interpretation of the document. */
  readonly notes: readonly string[];
}

export type ParsedPolicy =
  | { readonly ok: true; readonly document: PolicyDocument }
  | { readonly ok: false; readonly problems: readonly Problem[] };

type Unordered<Entry> = Omit<Entry, "first">;

const RULE_FIELDS = {
  description: optional(string()),
  require: optional(RULES),
  deny_if: optional(RULES),
  limits: optional(LIMITS),
  concurrent: optional(CONCURRENT),
  cooldown: optional(COOLDOWN),
  mode: optional(MODE),
};

const ACTION_FIELDS = { action: optional(oneOf(...ACTIONS)), reason: optional(string()) };
const ARGUMENTS = optional(explained(ARGUMENT_CHECKS, ARGUMENT_CHECK_WORDS));
/** Adds the order of `require` and `deny_if` in the document, in which they are evaluated. */
function ordered<Entry extends RuleLists>(shape: Shape<Entry>): Shape<Entry & Pick<RuleSet, "first">> {
  const read: Shape<Entry & Pick<RuleSet, "first">>["read"] = (json, place) => {
    const entry = shape.read(json, place);
    if (entry === undefined || !isJsonObject(json)) return undefined;
    const [first] = Array.from(json.keys()).filter((key) => key === "deny_if" || key === "require");
    return first === "deny_if" ? { ...entry, first } : entry;
  };
  return { read, schema: shape.schema };
}

const ALL_TOOLS: Shape<RuleSet> = ordered(object<Unordered<RuleSet>>(RULE_FIELDS, ENTRY_KEYS));

const TOOL: Shape<ToolEntry> = ordered(
  object<Unordered<ToolEntry>>(
    {
      ...RULE_FIELDS,
      ...ACTION_FIELDS,
      category: optional(oneOf(...CATEGORIES)),
      category_by: optional(CATEGORY_BY),
      inherit: optional(boolean()),
      pin: optional(PIN),
      arguments: ARGUMENTS,
    },
    ENTRY_KEYS,
  ),
);

const TOOLS: Shape<ReadonlyMap<string, ToolEntry>> = refine(record(TOOL, toolFault), (tools, place) => {
  for (const [name, { pin }] of tools) {
    if (typeof pin !== "object" || parseNamePattern(name).name !== undefined) continue;
    place
      .at(name)
      .at("pin")
      .report('must be "deny" or "warn": digests are those of one tool, and this is a pattern');
  }
  return tools;
});

function toolFault(name: string): string | undefined {
  return name === "" ? "must be a tool's name, got an empty one" : undefined;
}

const CATEGORY: Shape<CategoryEntry> = ordered(
  object<Unordered<CategoryEntry>>(
    {
      ...RULE_FIELDS,
      ...ACTION_FIELDS,
      hide: optional(boolean()),
      arguments: ARGUMENTS,
    },
    ENTRY_KEYS,
  ),
);

const METHOD: Shape<MethodEntry> = object<MethodEntry>(
  {
    description: optional(string()),
    action: required(oneOf("allow", "deny")),
    reason: optional(string()),
    limits: optional(LIMITS),
    concurrent: optional(CONCURRENT),
    mode: optional(MODE),
  },
  ENTRY_KEYS,
);

const DOCUMENT = object<Omit<PolicyDocument, "json" | "notes"> & { readonly $schema?: string }>(
  {
    $schema: optional(string()),
    version: required(oneOf("1")),
    default: required(oneOf("allow", "deny")),
    description: optional(string()),
    hide: optional(array(string(1))),
    all_tools: optional(ALL_TOOLS),
    tools: optional(TOOLS),
    strict: optional(boolean()),
    mode: optional(MODE),
    pin: optional(ON_CHANGE),
    timezone: optional(TIME_ZONE),
    arguments: ARGUMENTS,
    categories: optional(record(CATEGORY, categoryFault)),
    methods: optional(record(METHOD, methodFault)),
  },
  DOCUMENT_KEYS,
);

function categoryFault(name: string): string | undefined {
  return CATEGORIES.some((category) => category === name)
    ? undefined
    : `is no category, must be ${listWords(CATEGORIES)}`;
}

function methodFault(name: string): string | undefined {
  if (name === "tools/call") return "is judged by tools, must be another method";
  return name === "" ? "must be a method's name, got an empty one" : undefined;
}

/** Reads a document in any accepted form; returns its normal form, or all problems. */
export function parsePolicy(json: Json): ParsedPolicy {
  const problems: Problem[] = [];
  const root = DocumentPath.root(problems);
  const { json: normal, notes } = normalizeDocument(json, root);
  const document = DOCUMENT.read(normal, root);
  if (document === undefined || problems.length > 0) return { ok: false, problems };
  return { ok: true, document: { ...document, json: normal, notes } };
}

/** Returns the JSON Schema (draft 2020-12) of the normal form, for editors. */
export function policySchema(): JsonSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Tollgate policy",
    ...DOCUMENT.schema,
  };
}

/** Whether the document asks anywhere that arguments be validated. */
export function mayValidate(document: PolicyDocument): boolean {
  const entries = [document, ...(document.tools?.values() ?? []), ...(document.categories?.values() ?? [])];
  return entries.some(({ arguments: check }) => check === "validate");
}
