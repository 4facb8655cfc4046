/** The server's tools as its tools/list described them: what they are called, what they do, which of them are hidden. */

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
import { totalBytes } from "../http/body-pieces.ts";
import { ToolsListCache, type CachedList } from "./tools-list-cache.ts";
import { type DefinitionChange, type Grade, ToolPins } from "./tool-pins.ts";
import { memberText, removeElements, setMember } from "../../json/edit-json.ts";

export interface ListedTool {
  readonly name: string;
  readonly assignment: CategoryAssignment;
  /** In what it differs from when it was listed first. */
  readonly changes: readonly Grade[];
  /** Whether it is no longer what the policy pinned. */
  readonly isUnpinned: boolean;
}

/** Tools remembered at once; of a longer list the rest is `unknown` to labels, and judged all the same. */
const MAX_TOOLS = 50_000;
/** Longest time a client may keep a list that was cut for it. */
const MAX_TTL_MS = 60_000;

/** Deeper and larger than a message may be: it is the server's, and it has a bound in bytes. */
const LIST_BOUNDS = { maxDepth: 256, maxNodes: 4_000_000, maxKeys: 4_000_000 };

export interface ToolCatalogOptions {
  /** Every policy in force. */
  readonly policies: readonly Policy[];
  /** Hears of every list that was read. */
  readonly onListed: (listed: ToolsListSummary) => void;
}

export interface ToolsListSummary {
  readonly count: number;
  readonly bytes: number;
  /** It differs from the list before. */
  readonly isNew: boolean;
  /** Tools that were defined otherwise when they were listed before. */
  readonly changes: readonly DefinitionChange[];
}

export class ToolCatalog {
  readonly #onListed: ToolCatalogOptions["onListed"];
  /** Names that some policy mentions. */
  #policyNames: ReadonlySet<string> = new Set();
  readonly #tools = new Map<string, ToolDefinition>();
  readonly #pins = new ToolPins();
  /** The tools of the last list, as text: most lists say what the one before said. */
  #lastText = "";
  readonly #cache = new ToolsListCache();
  readonly #assignments = new Map<Policy | undefined, Map<string, CategoryAssignment>>();

  constructor({ policies, onListed }: ToolCatalogOptions) {
    this.#onListed = onListed;
    this.usePolicies(policies);
  }

  /** A reload has put these policies in force. */
  usePolicies(policies: readonly Policy[]): void {
    this.#policyNames = new Set(policies.flatMap((policy) => policy.toolNames));
    this.#clearCaches();
  }

  /** Whether the server or a policy knows the name; only then it may become a label. */
  isKnown(name: string): boolean {
    return this.#tools.has(name) || this.#policyNames.has(name);
  }

  /** By the policy's word, else by the server's annotations, else by the name itself. */
  categoryOf(name: string, policy: Policy | undefined): CategoryAssignment {
    const assignments = this.#assignmentsUnder(policy);
    const assigned = assignments.get(name);
    if (assigned !== undefined) return assigned;
    const assignment = classifyTool(this.#describe(name), policy?.categoryOf(name));
    if (this.isKnown(name)) assignments.set(name, assignment);
    return assignment;
  }

  /** Whether the tool is no longer what the policy pinned; false before the server has listed it. */
  isChanged(name: string, policy: Policy | undefined): boolean {
    const pin = policy?.pinOf(name);
    return pin !== undefined && this.#pins.isChanged(name, pin);
  }

  /** Undefined for a tool that was not listed, or has none. */
  inputSchemaOf(name: string): JsonObject | undefined {
    const tool = this.#tools.get(name);
    return tool && inputSchemaOf(tool);
  }

  /** Every tool that the server has listed, as it defines it. */
  definitions(): readonly ToolDefinition[] {
    return [...this.#tools.values()];
  }

  /** Every tool that the server has listed, as that policy sees it. */
  list(policy: Policy | undefined): ListedTool[] {
    return Array.from(this.#tools.keys(), (name) => ({
      name,
      assignment: this.categoryOf(name, policy),
      changes: this.#pins.changesOf(name),
      isUnpinned: this.isChanged(name, policy),
    }));
  }

  /** Tools that the server has listed or a policy names; one that policies call differently is there once for each. */
  knownTools(policies: readonly Policy[]): { readonly name: string; readonly category: Category }[] {
    const names = [...new Set([...this.#policyNames, ...this.#tools.keys()])];
    return names.flatMap((name) => {
      const categories = new Set(policies.map((policy) => this.categoryOf(name, policy).category));
      return Array.from(categories, (category) => ({ name, category }));
    });
  }

  /**
   * A message that may carry a list, as an agent under `policy` may see it: itself, or without what is hidden; without
   * a policy everything is. Learns the tools in it. Undefined when it cannot be read strictly, and so must not pass.
   */
  filter(text: string, policy: Policy | undefined, isFirstPage: boolean): string | undefined {
    const recalled = this.#cache.filterCached(text, policy);
    if (recalled !== undefined) {
      this.#reportList(Buffer.byteLength(text), undefined);
      return recalled;
    }
    const list = readToolList(text);
    if (list === undefined || list.tools === undefined) return list && text;
    this.#reportList(Buffer.byteLength(text), this.#learn(list, isFirstPage));
    const isHidden = (name: string): boolean =>
      policy === undefined || policy.isHidden(name, this.categoryOf(name, policy));
    const cut = withoutHidden(list, isHidden);
    this.#cache.store(list.minified, policy, cut ?? list.minified);
    return cut ?? text;
  }

  /** As `filter`, for a message whose list is the one that was read last, to the byte; undefined for any other. */
  lookup(body: readonly Buffer[], policy: Policy | undefined): CachedList | undefined {
    const recalled = this.#cache.lookupBytes(body, policy);
    if (recalled !== undefined) this.#reportList(totalBytes(body), undefined);
    return recalled;
  }

  #reportList(bytes: number, changes: readonly DefinitionChange[] | undefined): void {
    const size = { count: this.#tools.size, bytes };
    this.#onListed({ ...size, isNew: changes !== undefined, changes: changes ?? [] });
  }

  #clearCaches(): void {
    this.#assignments.clear();
    this.#cache.clear();
  }

  /** The first page of a list replaces what was known. What has changed; undefined when the list says nothing new. */
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
  /** What the list stands in, the cache's hints beside it; empty when the message has no result. */
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
  const cut = removeElements(minified, ["result", "tools"], (index) => hidden[index] === true);
  return narrowCache(cut, result);
}

/** What was cut for one agent must not be kept for others, nor for long. */
function narrowCache(text: string, result: JsonObject): string {
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
