/** Selects the policy for each caller: files bound to agents, users, groups, scopes and issuers, and one file for all others. */

import type { CompiledPolicy } from "../../policy/document/compile.ts";
import type { Caller } from "../../policy/caller.ts";
import type { Mode } from "../../policy/mode.ts";
import { parsePolicyFile } from "./policy-file.ts";
import type { PolicyBinding } from "../settings/binding-settings.ts";
import { compileMatch } from "./policy-binding.ts";

export interface PolicySources {
  /** For agents that no binding matches. Absent without bindings: every call is allowed. */
  readonly policy?: string;
  readonly agents: readonly PolicyBinding[];
  readonly mode: Mode;
}

export interface PolicySet {
  /** The policy of a caller: the first binding that matches. Undefined: no policy covers the caller. */
  readonly forCaller: (caller: Caller) => CompiledPolicy | undefined;
  /** The policy of agents without a binding. */
  readonly everyone: CompiledPolicy | undefined;
  readonly all: readonly CompiledPolicy[];
}

export type LoadedPolicies =
  | { readonly ok: true; readonly policies: PolicySet }
  | { readonly ok: false; readonly problems: readonly string[] };

type NamedFiles = Pick<PolicySources, "policy" | "agents">;

/** The paths of all policy files, each once. */
export function policyPaths({ policy, agents }: NamedFiles): string[] {
  const paths = [...agents.map((binding) => binding.policy), ...(policy === undefined ? [] : [policy])];
  return [...new Set(paths)];
}

/** Compiles the bytes of each file of `policyPaths`, in that order, or lists the problems of all of them. `whenNone` applies when no file is named. */
export function parsePolicies(
  sources: PolicySources,
  whenNone: CompiledPolicy,
  bytes: readonly Uint8Array[],
): LoadedPolicies {
  const { policy, agents, mode } = sources;
  const paths = policyPaths(sources);
  const files = paths.map((path, index) => parsePolicyFile(bytes[index] ?? new Uint8Array(), path, { mode }));
  const problems = files.flatMap((file) => (file.ok ? [] : file.problems));
  if (problems.length > 0) return { ok: false, problems };
  if (paths.length === 0)
    return { ok: true, policies: { forCaller: () => whenNone, everyone: whenNone, all: [whenNone] } };
  const compiled = files.flatMap((file) => (file.ok ? [file.policy] : []));
  const policyAt = (path: string): CompiledPolicy | undefined => compiled[paths.indexOf(path)];
  const bindings = agents.map((binding) => ({
    matches: compileMatch(binding.match),
    policy: policyAt(binding.policy),
  }));
  const everyone = policy === undefined ? undefined : policyAt(policy);
  const forCaller: PolicySet["forCaller"] = (caller) => {
    for (const binding of bindings) {
      const isBound = binding.matches(caller);
      if (isBound === true) return binding.policy;
      // Security: the policy of this binding may be the stricter one.
      if (isBound === undefined) return undefined;
    }
    return everyone;
  };
  return { ok: true, policies: { forCaller, everyone, all: compiled } };
}
