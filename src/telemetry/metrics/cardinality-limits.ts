/** Bounds on label values in one sidecar: agents, users, tools, rules, and the series that agents and users get of each tool. */

import type { Category, CategoryAssignment } from "../../policy/category/category.ts";
import { MIN_LABEL_CONFIDENCE } from "../../policy/category/confidence.ts";
import type { Request } from "../../enforcement/request.ts";
import { BoundedLabel, OTHER_LABEL, UNKNOWN_LABEL } from "./labels.ts";
import type { LabelBound } from "./label-values.ts";

export interface CardinalityOptions {
  /** Below this confidence a category is `unknown`; absent: 0.7. */
  readonly minLabelConfidence?: number;
  /** Agents that the configuration names; each always has a label value of its own. */
  readonly agents: readonly string[];
  /** Further agents; absent means 200. */
  readonly maxAgents?: number;
  /** Tools that the server lists or the policy names; absent means 2,000. */
  readonly maxTools?: number;
  /** Pairs of agent and tool that get series of their own; absent means 5,000. */
  readonly maxPairs?: number;
  /** Whether calls and denials have a label `user`. */
  readonly hasUserLabel?: boolean;
  /** Users; absent means 200. */
  readonly maxUsers?: number;
  /** Users of one agent on one tool that get series of their own, over all agents and tools; absent means 5,000. */
  readonly maxUserSeries?: number;
}

const MAX_RULES = 2000;

export class CardinalityLimits {
  readonly agents: BoundedLabel;
  readonly tools: BoundedLabel;
  readonly rules: BoundedLabel;
  /** Label values of the agents that the configuration names. */
  readonly named: ReadonlySet<string>;
  /** The values of the label `user` for a caller without one: none where the label does not exist. */
  readonly noUser: readonly string[];
  readonly #users: BoundedLabel;
  readonly #userSeries = new Set<string>();
  readonly #maxUserSeries: number;
  readonly #pairs = new Map<string, Set<string>>();
  readonly #onOverflow: (label: LabelBound) => void;
  readonly #minLabelConfidence: number;
  #pairRoom: number;
  #unnamedRoom: number;

  constructor(limits: CardinalityOptions, onOverflow: (label: LabelBound) => void) {
    const bound = (max: number, overflow: string, label: LabelBound): BoundedLabel =>
      new BoundedLabel({ max, overflow, onOverflow: () => onOverflow(label) });
    this.agents = bound(limits.maxAgents ?? 200, OTHER_LABEL, "agent");
    this.tools = bound(limits.maxTools ?? 2000, UNKNOWN_LABEL, "tool");
    this.rules = bound(MAX_RULES, OTHER_LABEL, "rule");
    this.#users = bound(limits.maxUsers ?? 200, OTHER_LABEL, "user");
    this.#maxUserSeries = limits.maxUserSeries ?? 5000;
    this.noUser = limits.hasUserLabel === true ? [""] : [];
    this.named = new Set(limits.agents.map((name) => this.agents.admit(name)));
    this.#minLabelConfidence = limits.minLabelConfidence ?? MIN_LABEL_CONFIDENCE;
    this.#onOverflow = onOverflow;
    this.#pairRoom = limits.maxPairs ?? 5000;
    this.#unnamedRoom = Math.floor(this.#pairRoom / 2);
  }

  /** The tool's label value. Security: a name that only the caller knows never becomes one. */
  toolLabel(request: Request): string {
    if (request.tool === undefined) return "";
    return request.tool.isKnown ? this.tools.valueFor(request.tool.name) : UNKNOWN_LABEL;
  }

  /** The tool's category; `unknown` for a guess that is too weak to be counted by. */
  categoryLabel(request: Request): Category {
    return request.tool === undefined ? "unknown" : this.labelOf(request.tool.category);
  }

  /** The category as a label: `unknown` below the confidence that the settings ask for. */
  labelOf({ category, confidence }: CategoryAssignment): Category {
    return confidence < this.#minLabelConfidence ? "unknown" : category;
  }

  /**
   * The agent's label value next to this tool. Past the bound on pairs it is `_other`, so that 200 agents on 800 tools do
   * not become 160,000 pairs; agents that the configuration does not name may use half of the pairs.
   */
  agentLabel(request: Request, tool: string): string {
    const agent = this.agents.valueFor(request.agent.name);
    if (agent === OTHER_LABEL || tool === UNKNOWN_LABEL) return agent;
    const agents = this.#pairs.get(tool);
    if (agents?.has(agent) || this.#takePair(agent)) {
      if (agents === undefined) this.#pairs.set(tool, new Set([agent]));
      else agents.add(agent);
      return agent;
    }
    this.#onOverflow("pair");
    return OTHER_LABEL;
  }

  /** The values of the label `user` next to this tool and agent: one, or none where the label does not exist. */
  userLabels({ agent: { user } }: Request, tool: string, agent: string): readonly string[] {
    if (this.noUser.length === 0 || user === undefined) return this.noUser;
    const value = this.#users.valueFor(user);
    // Security: users are verified, but as many as an issuer has; tools and agents that share a value are no series of a user's own.
    if (value === OTHER_LABEL || agent === OTHER_LABEL || tool === UNKNOWN_LABEL) return [OTHER_LABEL];
    const series = JSON.stringify([tool, agent, value]);
    if (this.#userSeries.has(series)) return [value];
    if (this.#userSeries.size < this.#maxUserSeries) {
      this.#userSeries.add(series);
      return [value];
    }
    this.#onOverflow("user");
    return [OTHER_LABEL];
  }

  #takePair(agent: string): boolean {
    const isUnnamed = !this.named.has(agent);
    if (this.#pairRoom === 0 || (isUnnamed && this.#unnamedRoom === 0)) return false;
    this.#pairRoom -= 1;
    if (isUnnamed) this.#unnamedRoom -= 1;
    return true;
  }
}
