/** The server's tools, learned from its tools/list: categories, changed definitions, and the list without hidden tools. */

import type { CategoryAssignment } from "../../policy/category/category.ts";
import { classifyTool } from "../../policy/category/classify.ts";
import {
  type ToolDescription,
  describeTool,
  inputSchemaOf,
  readDefinitions,
  type ToolDefinition,
} from "../../mcp/tool-definition.ts";
import type { Policy } from "../../policy/policy.ts";
import type { ToolView } from "../../policy/tool-view.ts";
import { type ProtectedNames, protectedNames } from "../../json/confusable-names.ts";
import type { JsonObject } from "../../json/json.ts";
import { type Listing, listingOf } from "../../policy/listing.ts";
import { totalBytes } from "../http/body-chunks.ts";
import { ToolsListCache, type CachedList } from "./tools-list-cache.ts";
import { type DefinitionChange, type Grade, ToolPins } from "./tool-pins.ts";
import { memberText } from "../../json/edit-json.ts";
import { type ReadList, readToolList, withoutHidden } from "./tools-list-filter.ts";

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
/** Names that are known only from answers; a further one gets the label `_unknown`. */
const MAX_ANSWERED = 1_000;

export interface ToolCatalogOptions {
  /** Every policy in force. */
  readonly policies: readonly Policy[];
  /** Called for every list that passes. */
  readonly onListed: (listed: ToolsListSummary) => void;
  /** Called with each list of a client that differs from the one before. */
  readonly onNewList?: (text: string, isFirstPage: boolean) => void;
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
  readonly #onNewList: ToolCatalogOptions["onNewList"];
  /** Names that any policy mentions. */
  #policyNames: ReadonlySet<string> = new Set();
  readonly #tools = new Map<string, ToolDefinition>();
  /** The names of `#tools`, prepared for look-ups; made when a call needs them. */
  #protected: ProtectedNames | undefined;
  /** Names of the last list that Tollgate asked for itself. */
  #ownNames: ReadonlySet<string> = new Set();
  readonly #answered = new Set<string>();
  readonly #pins = new ToolPins();
  /** The tools of the last list, as text: most lists repeat the list before. */
  #lastText = "";
  readonly #cache = new ToolsListCache();
  readonly #assignments = new Map<Policy | undefined, Map<string, CategoryAssignment>>();

  constructor({ policies, onListed, onNewList }: ToolCatalogOptions) {
    this.#onListed = onListed;
    this.#onNewList = onNewList;
    this.usePolicies(policies);
  }

  /** Uses these policies from now on, after a reload. */
  usePolicies(policies: readonly Policy[]): void {
    this.#policyNames = new Set(policies.flatMap((policy) => policy.toolNames));
    this.#clearCaches();
  }

  /** Whether the server or a policy names the tool; only a known name may become a label. */
  isKnown(name: string): boolean {
    return (
      this.#tools.has(name) ||
      this.#policyNames.has(name) ||
      this.#ownNames.has(name) ||
      this.#answered.has(name)
    );
  }

  /** Remembers a name that the server has answered with success; bounded, since the server may accept any name. */
  answered(name: string): void {
    if (this.#answered.size < MAX_ANSWERED && !this.isKnown(name)) this.#answered.add(name);
  }

  /**
   * Learns the pages of a list that Tollgate has asked for itself. Its names are known from then on. Its definitions count
   * until a client lists: a client may have another credential or revision, so the two are never compared.
   */
  learnOwnList(pages: readonly string[]): void {
    const definitions = pages
      .flatMap((page) => readDefinitions([...(readToolList(page)?.tools ?? [])]))
      .slice(0, MAX_TOOLS);
    this.#ownNames = new Set(definitions.map(({ name }) => name));
    if (this.#lastText !== "") return;
    this.#tools.clear();
    this.#clearCaches();
    for (const tool of definitions) this.#tools.set(tool.name, tool);
    this.#pins.setOwn(definitions);
    const bytes = pages.reduce((sum, page) => sum + Buffer.byteLength(page), 0);
    this.#reportList(bytes, []);
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

  /** Whether the tool is left out of the list of these callers; without a view every tool is. */
  isHidden(name: string, view: ToolView | undefined): boolean {
    return view === undefined || view.isHidden(name, this.categoryOf(name, view.policy));
  }

  /** Whether the definition differs from the pin of the policy; false before the server has listed the tool. */
  isChanged(name: string, policy: Policy | undefined): boolean {
    const pin = policy?.forTool(name).pin;
    return pin !== undefined && this.#pins.isChanged(name, pin);
  }

  /** Undefined for a tool that is not listed, or has no schema. */
  inputSchemaOf(name: string): JsonObject | undefined {
    const tool = this.#tools.get(name);
    return tool && inputSchemaOf(tool);
  }

  /** Looks the name up in the last list; undefined when it has neither the name nor one that it folds onto. */
  listingOf(name: string): Listing | undefined {
    this.#protected ??= protectedNames(Array.from(this.#tools.keys()));
    return listingOf(name, this.#protected);
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
  knownTools(
    policies: readonly Policy[],
  ): { readonly name: string; readonly assignment: CategoryAssignment }[] {
    const names = [...new Set([...this.#policyNames, ...this.#tools.keys()])];
    return names.flatMap((name) => {
      const assignments = policies.map((policy) => this.categoryOf(name, policy));
      const byCategory = new Map(assignments.map((assignment) => [assignment.category, assignment]));
      return Array.from(byCategory.values(), (assignment) => ({ name, assignment }));
    });
  }

  /**
   * Learns the tools of a message that may carry a list, and removes the tools that `view` hides. Without a view every
   * tool is hidden. Undefined when the message cannot be parsed strictly and must not pass.
   */
  filter(text: string, view: ToolView | undefined, isFirstPage: boolean): string | undefined {
    const cached = this.#cache.filterCached(text, view);
    if (cached !== undefined) {
      this.#reportList(Buffer.byteLength(text), undefined);
      return cached;
    }
    const list = readToolList(text);
    if (list === undefined || list.tools === undefined) return list && text;
    const changes = this.#learn(list, isFirstPage);
    this.#reportList(Buffer.byteLength(text), changes);
    if (changes !== undefined) this.#onNewList?.(text, isFirstPage);
    const isHidden = (name: string): boolean => this.isHidden(name, view);
    const filtered = withoutHidden(list, isHidden, view?.isPersonal);
    this.#cache.store(list.minified, view, filtered ?? list.minified);
    return filtered ?? text;
  }

  /** Learns a list that another process has passed on to a client. */
  learn(text: string, isFirstPage: boolean): void {
    const list = readToolList(text);
    if (list?.tools === undefined) return;
    const changes = this.#learn(list, isFirstPage);
    if (changes !== undefined) this.#reportList(Buffer.byteLength(text), changes);
  }

  /** As `filter`, for a message whose result is byte for byte the last one; undefined for any other. */
  lookup(body: readonly Buffer[], view: ToolView | undefined): CachedList | undefined {
    const cached = this.#cache.lookupBytes(body, view);
    if (cached !== undefined) this.#reportList(totalBytes(body), undefined);
    return cached;
  }

  #reportList(bytes: number, changes: readonly DefinitionChange[] | undefined): void {
    const size = { count: this.#tools.size, bytes };
    this.#onListed({ ...size, isNew: changes !== undefined, changes: changes ?? [] });
  }

  #clearCaches(): void {
    this.#assignments.clear();
    this.#protected = undefined;
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
