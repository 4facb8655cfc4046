/** Pins: what happens when the definition of a tool is no longer the reviewed one. */

import { isJsonObject } from "../../json/json.ts";
import { PIN_KEYS } from "../reference/key-words.ts";
import { object, oneOf, optional, type Shape, string } from "../schema/schema.ts";

/** The pin of a tool's definition: `deny` or `warn` on a change, or the digests to compare with. */
export type Pin = "deny" | "warn" | PinnedDigests;

export interface PinnedDigests {
  /** Default `deny`. */
  readonly on_change?: "deny" | "warn";
  readonly digest?: string;
  readonly name?: string;
  readonly description?: string;
  readonly schema?: string;
  readonly annotations?: string;
}

const DIGEST = optional(string(1));
export const ON_CHANGE: Shape<"deny" | "warn"> = oneOf("deny", "warn");

const PINNED: Shape<PinnedDigests> = object<PinnedDigests>(
  {
    on_change: optional(ON_CHANGE),
    digest: DIGEST,
    name: DIGEST,
    description: DIGEST,
    schema: DIGEST,
    annotations: DIGEST,
  },
  PIN_KEYS,
);

export const PIN: Shape<Pin> = {
  read: (json, place) => (isJsonObject(json) ? PINNED.read(json, place) : ON_CHANGE.read(json, place)),
  schema: { anyOf: [ON_CHANGE.schema, PINNED.schema] },
};
