/** Which policy judges which agent: files bound to patterns of agents' names, and one file for everyone else. */

import type { Policy } from "../policy/compile.ts";
import type { Mode } from "../policy/decision.ts";
import { readPolicyFile } from "./policy-file.ts";

export interface PolicyBinding {
  /** An agent's verified name; `*` stands for any characters. */
  readonly match: string;
  readonly policy: string;
}

export interface PolicySources {
  /** For agents that no binding matches; absent without bindings: everything is allowed. */
  readonly policy?: string;
  readonly agents: readonly PolicyBinding[];
  readonly mode: Mode;
}

export interface PolicySet {
  /** By the name that limits hang on; the first binding that matches. Undefined: no policy covers the agent. */
  readonly forAgent: (name: string) => Policy | undefined;
  /** What an agent without a binding gets. */
  readonly everyone: Policy | undefined;
  readonly all: readonly Policy[];
}

export type LoadedPolicies =
  | { readonly ok: true; readonly policies: PolicySet }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads every file once; the problems of all of them at once. `whenNone` is in force when no file is named at all. */
export function loadPolicies({ policy, agents, mode }: PolicySources, whenNone: Policy): LoadedPolicies {
  const paths = new Set([
    ...agents.map((binding) => binding.policy),
    ...(policy === undefined ? [] : [policy]),
  ]);
  const problems: string[] = [];
  const byPath = new Map<string, Policy>();
  for (const path of paths) {
    const file = readPolicyFile(path, { mode });
    if (file.ok) byPath.set(path, file.policy);
    else problems.push(...file.problems);
  }
  if (problems.length > 0) return { ok: false, problems };
  if (paths.size === 0)
    return { ok: true, policies: { forAgent: () => whenNone, everyone: whenNone, all: [whenNone] } };
  const bindings = agents.map((binding) => ({
    pattern: patternOf(binding.match),
    policy: byPath.get(binding.policy),
  }));
  const everyone = policy === undefined ? undefined : byPath.get(policy);
  const forAgent: PolicySet["forAgent"] = (name) => {
    const bound = bindings.find(({ pattern }) => pattern.test(name));
    return bound === undefined ? everyone : bound.policy;
  };
  return { ok: true, policies: { forAgent, everyone, all: [...byPath.values()] } };
}

function patternOf(match: string): RegExp {
  const literals = match.split("*").map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`));
  return new RegExp(`^${literals.join(".*")}$`, "su");
}
