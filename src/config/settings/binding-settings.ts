/** The `agents:` section of the settings: policies for some callers. */

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
