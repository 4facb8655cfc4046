/** Label values that are safe for the registry, and the bounds on how many of them there may be. */

import { createHash } from "node:crypto";

/** Stands for every tool that neither the server nor the policy knows. */
export const UNKNOWN_LABEL = "_unknown";
/** Stands for every value past a label's bound. */
export const OTHER_LABEL = "_other";

/** Longest value as written; a longer one keeps its beginning and a digest of the whole. */
const MAX_LENGTH = 112;
const KEPT_LENGTH = 96;

/**
 * A name as a label value: `:` becomes `;`, and whatever the registry or the text format could confuse is
 * percent-encoded (`%`, `;`, `,`, quote, backslash, control characters, a lone surrogate, the `_` of a name that is
 * `_other` or `_unknown` itself).
 *
 * Invariant: injective. prom-client joins labels as `name:value,`, so with a raw `:` or `,` two agents could become
 * one series. `system:serviceaccount:prod:bot` reads `system;serviceaccount;prod;bot`.
 */
export function labelValue(name: string): string {
  const escaped = name.replaceAll(UNSAFE, (unit) => (unit === ":" ? ";" : percentEncode(unit)));
  if (escaped.length <= MAX_LENGTH) return escaped;
  const digest = createHash("sha256").update(escaped).digest("hex").slice(0, 16);
  return `${escaped.slice(0, KEPT_LENGTH).toWellFormed()}~${digest}`;
}

/** A label that takes the names it was given, and others up to a bound. */
export class BoundedLabel {
  readonly #values = new Map<string, string>();
  readonly #onOverflow: () => void;
  readonly #overflow: string;
  #remaining: number;

  /** `max` counts the names that come later; names given through `admit` always have their place. */
  constructor(options: { readonly max: number; readonly overflow: string; readonly onOverflow: () => void }) {
    this.#remaining = options.max;
    this.#overflow = options.overflow;
    this.#onOverflow = options.onOverflow;
  }

  /** Gives a name its place for good. */
  admit(name: string): string {
    const value = labelValue(name);
    this.#values.set(keyOf(name), value);
    return value;
  }

  /** The label value for a name; past the bound the overflow value, and the overflow is counted. */
  valueFor(name: string): string {
    const value = this.#values.get(keyOf(name));
    if (value !== undefined) return value;
    if (this.#remaining === 0) {
      this.#onOverflow();
      return this.#overflow;
    }
    this.#remaining -= 1;
    return this.admit(copyString(name));
  }
}

/** The beginning of a text, as a string of its own that does not keep the message alive it was cut from. */
export function copyString(text: string, maxLength = text.length): string {
  return Buffer.from(text.slice(0, maxLength), "utf16le").toString("utf16le");
}

// oxlint-disable-next-line no-control-regex -- control characters are what must be found
const UNSAFE = /[:%;,"\\\u0000-\u001f\u007f-\u009f\u2028\u2029]|^_(?=(?:other|unknown)$)|\p{Surrogate}/gu;

function percentEncode(unit: string): string {
  const code = unit.charCodeAt(0);
  return code < 0x100
    ? `%${code.toString(16).toUpperCase().padStart(2, "0")}`
    : `%u${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Long names are kept by their digest, so that a caller cannot fill the memory with them. */
function keyOf(name: string): string {
  return name.length > MAX_LENGTH ? labelValue(name) : name;
}
