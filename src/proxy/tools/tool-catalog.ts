/** The server's tools, learned from its tools/list: categories, changed definitions, and the list without hidden tools. */

import type { Category, CategoryAssignment } from "../../policy/category/category.ts";
import { classifyTool } from "../../policy/category/classify.ts";
import {
  type ToolDescription,
  describeTool,
  inputSchemaOf,
  readDefinitions,
  type ToolDefinition,
} from "../../mcp/tool-definition.ts";
import type { Policy } from "../../policy/policy.ts";
import { isJsonArray, isJsonObject, type Json, JsonNumber, type JsonObject } from "../../json/json.ts";
import { readJson } from "../../json/read-json.ts";
import { totalBytes } from "../http/body-chunks.ts";
import { ToolsListCache, type CachedList } from "./tools-list-cache.ts";
import { type DefinitionChange, type Grade, ToolPins } from "./tool-pins.ts";
import { memberText, removeElements, setMember } from "../../json/edit-json.ts";

export interface ListedTool {
  readonly name: string;
  readonly assignment: CategoryAssignment;
  /** The parts of the definition that differ from the first one listed. */
  readonly changes: readonly Grade[];
  /** Whether the definition differs from the pin of the policy. */
  readonly isUnpinned: boolean;
}

/** Tools kept in memory. Further tools get the label `unknown`; the policy decides on them all the same. */
const MAX_TOOLS = 50_000;
/** Maximum `ttlMs` of a list from which tools were removed. */
const MAX_TTL_MS = 60_000;

/** Higher than for a client's message: the list is bounded in bytes already. */
const LIST_BOUNDS = { maxDepth: 256, maxNodes: 4_000_000, maxKeys: 4_000_000 };

export interface ToolCatalogOptions {
  /** Every policy in force. */
  readonly policies: readonly Policy[];
  /** Called for every list that passes. */
  readonly onListed: (listed: ToolsListSummary) => void;
}

export interface ToolsListSummary {
  readonly count: number;
  readonly bytes: number;
  /** Whether it differs from the list before. */
  readonly isNew: boolean;
  /** Tools whose definition differs from the one listed before. */
  readonly changes: readonly DefinitionChange[];
}

export class ToolCatalog {
  readonly #onListed: ToolCatalogOptions["onListed"];
  /** Names that any policy mentions. */
  #policyNames: ReadonlySet<string> = new Set();
  readonly #tools = new Map<string, ToolDefinition>();
  readonly #pins = new ToolPins();
  /** The tools of the last list, as text: most lists repeat the list before. */
  #lastText = "";
  readonly #cache = new ToolsListCache();
  readonly #assignments = new Map<Policy | undefined, Map<string, CategoryAssignment>>();

  constructor({ policies, onListed }: ToolCatalogOptions) {
    this.#onListed = onListed;
    this.usePolicies(policies);
  }

  /** Uses these policies from now on, after a reload. */
  usePolicies(policies: readonly Policy[]): void {
    this.#policyNames = new Set(policies.flatMap((policy) => policy.toolNames));
    this.#clearCaches();
  }

  /** Whether the server or a policy names the tool; only a known name may become a label. */
  isKnown(name: string): boolean {
    return this.#tools.has(name) || this.#policyNames.has(name);
  }

  /** The category from the policy, else from the server's annotations, else from the name. */
  categoryOf(name: string, policy: Policy | undefined): CategoryAssignment {
    const assignments = this.#assignmentsUnder(policy);
    const assigned = assignments.get(name);
    if (assigned !== undefined) return assigned;
    const assignment = classifyTool(this.#describe(name), policy?.categoryOf(name));
    if (this.isKnown(name)) assignments.set(name, assignment);
    return assignment;
  }

  /** Whether the definition differs from the pin of the policy; false before the server has listed the tool. */
  isChanged(name: string, policy: Policy | undefined): boolean {
    const pin = policy?.pinOf(name);
    return pin !== undefined && this.#pins.isChanged(name, pin);
  }

  /** Undefined for a tool that is not listed, or has no schema. */
  inputSchemaOf(name: string): JsonObject | undefined {
    const tool = this.#tools.get(name);
    return tool && inputSchemaOf(tool);
  }

  /** The definition of every listed tool. */
  definitions(): readonly ToolDefinition[] {
    return [...this.#tools.values()];
  }

  /** Every listed tool with its category and changes under this policy. */
  list(policy: Policy | undefined): ListedTool[] {
    return Array.from(this.#tools.keys(), (name) => ({
      name,
      assignment: this.categoryOf(name, policy),
      changes: this.#pins.changesOf(name),
      isUnpinned: this.isChanged(name, policy),
    }));
  }

  /** Tools that the server lists or a policy names; once for each category that the policies give them. */
  knownTools(policies: readonly Policy[]): { readonly name: string; readonly category: Category }[] {
    const names = [...new Set([...this.#policyNames, ...this.#tools.keys()])];
    return names.flatMap((name) => {
      const categories = new Set(policies.map((policy) => this.categoryOf(name, policy).category));
      return Array.from(categories, (category) => ({ name, category }));
    });
  }

  /**
   * Learns the tools of a message that may carry a list, and removes the tools that `policy` hides. Without a policy every
   * tool is hidden. Undefined when the message cannot be parsed strictly and must not pass.
   */
  filter(text: string, policy: Policy | undefined, isFirstPage: boolean): string | undefined {
    const cached = this.#cache.filterCached(text, policy);
    if (cached !== undefined) {
      this.#reportList(Buffer.byteLength(text), undefined);
      return cached;
    }
    const list = readToolList(text);
    if (list === undefined || list.tools === undefined) return list && text;
    this.#reportList(Buffer.byteLength(text), this.#learn(list, isFirstPage));
    const isHidden = (name: string): boolean =>
      policy === undefined || policy.isHidden(name, this.categoryOf(name, policy));
    const filtered = withoutHidden(list, isHidden);
    this.#cache.store(list.minified, policy, filtered ?? list.minified);
    return filtered ?? text;
  }

  /** As `filter`, for a message whose result is byte for byte the last one; undefined for any other. */
  lookup(body: readonly Buffer[], policy: Policy | undefined): CachedList | undefined {
    const cached = this.#cache.lookupBytes(body, policy);
    if (cached !== undefined) this.#reportList(totalBytes(body), undefined);
    return cached;
  }

  #reportList(bytes: number, changes: readonly DefinitionChange[] | undefined): void {
    const size = { count: this.#tools.size, bytes };
    this.#onListed({ ...size, isNew: changes !== undefined, changes: changes ?? [] });
  }

  #clearCaches(): void {
    this.#assignments.clear();
    this.#cache.clear();
  }

  /** Stores the tools; the first page of a list replaces all. Returns the changes; undefined for a repeated list. */
  #learn({ tools = [], minified }: ReadList, isFirstPage: boolean): DefinitionChange[] | undefined {
    const text = memberText(minified, ["result", "tools"]) ?? "";
    if (text === this.#lastText) return undefined;
    this.#lastText = text;
    if (isFirstPage) this.#tools.clear();
    this.#clearCaches();
    const definitions = readDefinitions(tools).slice(0, MAX_TOOLS - this.#tools.size);
    for (const tool of definitions) this.#tools.set(tool.name, tool);
    return definitions.flatMap((tool) => this.#pins.record(tool));
  }

  #describe(name: string): ToolDescription {
    const tool = this.#tools.get(name);
    return tool === undefined ? { name } : describeTool(tool);
  }

  #assignmentsUnder(policy: Policy | undefined): Map<string, CategoryAssignment> {
    const known = this.#assignments.get(policy);
    if (known !== undefined) return known;
    const assignments = new Map<string, CategoryAssignment>();
    this.#assignments.set(policy, assignments);
    return assignments;
  }
}

interface ReadList {
  /** Absent when the message is no list. */
  readonly tools?: readonly Json[];
  /** The result with the list and its cache hints; empty when the message has no result. */
  readonly result: JsonObject;
  /** The whole message, minified. */
  readonly minified: string;
}

const NO_RESULT: JsonObject = new Map();

function readToolList(text: string): ReadList | undefined {
  const read = readJson(text, LIST_BOUNDS);
  if (!read.ok || !isJsonObject(read.value)) return undefined;
  const value = read.value.get("result");
  const result = isJsonObject(value) ? value : NO_RESULT;
  const tools = result.get("tools");
  return { result, minified: read.minified, ...(isJsonArray(tools) && { tools }) };
}

/** Undefined when nothing is hidden. */
function withoutHidden(
  { tools = [], result, minified }: ReadList,
  isHidden: (name: string) => boolean,
): string | undefined {
  const hidden = tools.map((tool) => isHidden(toolName(tool) ?? ""));
  if (!hidden.includes(true)) return undefined;
  const filtered = removeElements(minified, ["result", "tools"], (index) => hidden[index] === true);
  return limitCaching(filtered, result);
}

/** A list that is filtered for one agent must not be cached for others, nor for long. */
function limitCaching(text: string, result: JsonObject): string {
  const ttl = result.get("ttlMs");
  const isCacheable = result.has("cacheScope") || ttl !== undefined;
  const scoped = isCacheable ? setMember(text, ["result", "cacheScope"], `"private"`) : text;
  const isLong = ttl instanceof JsonNumber && Number(ttl.token) > MAX_TTL_MS;
  return isLong ? setMember(scoped, ["result", "ttlMs"], String(MAX_TTL_MS)) : scoped;
}

function toolName(tool: Json): string | undefined {
  const name = isJsonObject(tool) ? tool.get("name") : undefined;
  return typeof name === "string" ? name : undefined;
}
