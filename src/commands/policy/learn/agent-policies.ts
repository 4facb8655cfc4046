/** One policy for each agent that does other things than the others, and the settings that bind them. */

import { Document } from "yaml";
import { learnedText } from "./learned-text.ts";
import {
  agentsOf,
  type LearnedTool,
  learnedDocument,
  learnedTools,
  type PolicyOptions,
} from "./learned-policy.ts";
import { type Observations, OTHER_AGENTS } from "./observations.ts";
import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../../../json/json.ts";
import { printJson } from "../../../json/print-json.ts";

export interface PolicyFileText {
  /** Without a folder. */
  readonly name: string;
  readonly text: string;
}

export const SETTINGS_FILE = "agents.yaml";
const OTHERS = "others";

interface Group {
  readonly agents: readonly string[];
  readonly document: JsonObject;
}

/** The files, the settings first. Their paths in the settings begin with `folder`. */
export function agentPolicies(
  observations: Observations,
  { folder, isYaml, ...options }: PolicyOptions & { readonly folder: string; readonly isYaml: boolean },
): PolicyFileText[] {
  const extension = isYaml ? "yaml" : "json";
  const agents = agentsOf(learnedTools(observations)).filter((agent) => isBindable(agent));
  const groups = groupsOf(agents, (agent) => learnedTools(observations, agent), options);
  // Agents without a proven name, those that there was no room for, and those that come later.
  const others = learnedTools(observations, "anonymous");
  const used = new Set<string>([OTHERS]);
  const named = groups.map((group) => ({
    ...group,
    file: `${fileName(group.agents[0] ?? "", used)}.${extension}`,
  }));
  const bindings = named.flatMap(({ agents: bound, file }) =>
    bound.map((match) => ({ match, policy: `${folder}/${file}` })),
  );
  const settings = new Document({ policy: `${folder}/${OTHERS}.${extension}`, agents: bindings });
  settings.commentBefore = " For tollgate run --config: one policy for each agent, and one for all others.";
  return [
    { name: SETTINGS_FILE, text: settings.toString({ lineWidth: 0 }) },
    ...named.map(({ file, document }) => ({ name: file, text: learnedText(document, isYaml) })),
    { name: `${OTHERS}.${extension}`, text: learnedText(learnedDocument(others, options), isYaml) },
  ];
}

/** A binding takes `*` in a name for any characters. */
function isBindable(agent: string): boolean {
  return agent !== "anonymous" && agent !== OTHER_AGENTS && !agent.includes("*");
}

/** Agents whose policies are the same but for the numbers of calls in their descriptions share one. */
function groupsOf(
  agents: readonly string[],
  toolsOf: (agent: string) => readonly LearnedTool[],
  options: PolicyOptions,
): Group[] {
  const groups = new Map<string, { agents: string[]; document: JsonObject }>();
  for (const agent of agents) {
    const document = learnedDocument(toolsOf(agent), { ...options, isBound: true });
    const key = printJson(withoutDescriptions(document));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { agents: [agent], document });
    else group.agents.push(agent);
  }
  return [...groups.values()];
}

function withoutDescriptions(json: Json): Json {
  if (isJsonArray(json)) return json.map(withoutDescriptions);
  if (!isJsonObject(json)) return json;
  const kept = Array.from(json).filter(
    ([name, value]) => name !== "description" || typeof value !== "string",
  );
  return new Map(kept.map(([name, value]) => [name, withoutDescriptions(value)]));
}

/** A name for a file that no other agent has, in lower case or not. */
function fileName(agent: string, used: Set<string>): string {
  const plain = agent
    .replaceAll(/[^\w.-]/g, "_")
    .replace(/^\.+/, "_")
    .slice(0, 60);
  let name = plain;
  for (let number = 2; used.has(name.toLowerCase()); number += 1) name = `${plain}-${number}`;
  used.add(name.toLowerCase());
  return name;
}
