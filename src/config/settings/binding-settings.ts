/** The `agents:` section of the settings: policies for some callers. */

import type { GivenSettings } from "./given-settings.ts";
import * as z from "zod";

/** A pattern of the agent's name, or properties of the caller that must all hold. */
export type BindingMatch = string | z.output<typeof PROPERTIES>;

export interface PolicyBinding {
  /** In names of agents and users, `*` matches any characters. */
  readonly match: BindingMatch;
  readonly policy: string;
}

const text = z.string().min(1);
const texts = z.union(
  [text.transform((one) => [one]), z.array(text).min(1)],
  "must be a string, or a list of strings",
);

const PROPERTIES = z
  .strictObject({
    pattern: text.exactOptional(),
    user: text.exactOptional(),
    /** One of these. */
    group: texts.exactOptional(),
    scope: texts.exactOptional(),
    issuer: texts.exactOptional(),
  })
  .refine(
    (properties) => Object.keys(properties).length > 0,
    "must have pattern, user, group, scope or issuer",
  );

const MATCH = z.union(
  [text, PROPERTIES],
  "must be a pattern of agents' names, or a mapping with pattern, user, group, scope or issuer",
);

export const BINDINGS_SHAPE = z.array(z.strictObject({ match: MATCH, policy: text })).default([]);

/** The settings that decide whether a policy is named. */
interface PolicySettings {
  readonly policy?: string | undefined;
  readonly agents: readonly unknown[];
  readonly mode: "enforce" | "shadow";
  readonly "allow-all": unknown;
}

/** A policy is asked for where the settings are about one; a mere `--upstream` observes. */
export function policyProblems(
  { policy, agents, mode, ...checked }: PolicySettings,
  given: GivenSettings,
): string[] {
  const isGiven = policy !== undefined || agents.length > 0;
  const isAllowAll = String(checked["allow-all"]) === "true";
  if (isGiven && isAllowAll) {
    return [
      `${given.origins["allow-all"] ?? "allow-all"}: must not stand beside a policy: choose one of the two`,
    ];
  }
  if (isGiven || isAllowAll || mode === "shadow") return [];
  const meaning = ["mode", "approvals"].find((name) => given.values[name] !== undefined);
  if (meaning === undefined) return [];
  const speaks = `${given.origins[meaning] ?? meaning} is about a policy`;
  return [
    `--policy: is missing, and ${speaks}; name one, or say with --allow-all that every call is to be allowed`,
  ];
}
