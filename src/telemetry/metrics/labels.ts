/** Label values that are safe for the registry, and a bound on their number. */

import { createHash } from "node:crypto";

/** The label value of every tool that neither the server nor the policy names. */
export const UNKNOWN_LABEL = "_unknown";
/** The label value of every name past a label's bound. */
export const OTHER_LABEL = "_other";

/** Longest value in characters; a longer one is replaced by its beginning and a digest. */
const MAX_LENGTH = 112;
const KEPT_LENGTH = 96;

/**
 * Encodes a name as a label value: `:` becomes `;`, and any character that the registry or the text format could confuse is
 * percent-encoded (`%`, `;`, `,`, quote, backslash, control and invisible characters, a lone surrogate, the `_` of a name that is
 * `_other` or `_unknown` itself).
 *
 * Invariant: injective. prom-client joins labels as `name:value,`, so with a raw `:` or `,` two agents could become
 * one series. `system:serviceaccount:prod:bot` reads `system;serviceaccount;prod;bot`.
 */
export function labelValue(name: string): string {
  const escaped = name.replaceAll(UNSAFE, (found) => (found === ":" ? ";" : percentEncode(found)));
  if (escaped.length <= MAX_LENGTH) return escaped;
  const digest = createHash("sha256").update(escaped).digest("hex").slice(0, 16);
  return `${escaped.slice(0, KEPT_LENGTH).toWellFormed()}~${digest}`;
}

/** A label with a bounded number of values: admitted names, and further names up to `max`. */
export class BoundedLabel {
  readonly #values = new Map<string, string>();
  readonly #onOverflow: () => void;
  readonly #overflow: string;
  #remaining: number;

  /** `max` bounds the names that come later; names given to `admit` are not counted. */
  constructor(options: { readonly max: number; readonly overflow: string; readonly onOverflow: () => void }) {
    this.#remaining = options.max;
    this.#overflow = options.overflow;
    this.#onOverflow = options.onOverflow;
  }

  /** Reserves the label value of a name permanently. */
  admit(name: string): string {
    const value = labelValue(name);
    this.#values.set(valueKey(name), value);
    return value;
  }

  /** The label value of a name; past the bound the overflow value, and the overflow is reported. */
  valueFor(name: string): string {
    const value = this.#values.get(valueKey(name));
    if (value !== undefined) return value;
    if (this.#remaining === 0) {
      this.#onOverflow();
      return this.#overflow;
    }
    this.#remaining -= 1;
    return this.admit(copyString(name));
  }
}

/** Copies the first `maxLength` characters into new memory; a slice would keep the whole message alive. */
export function copyString(text: string, maxLength = text.length): string {
  return Buffer.from(text.slice(0, maxLength), "utf16le").toString("utf16le");
}

const UNSAFE =
  /[:%;,"\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Default_Ignorable_Code_Point}]|^_(?=(?:other|unknown)$)/gu;

function percentEncode(character: string): string {
  return character.split("").map(percentEncodeUnit).join("");
}

function percentEncodeUnit(unit: string): string {
  const code = unit.charCodeAt(0);
  return code < 0x100
    ? `%${code.toString(16).toUpperCase().padStart(2, "0")}`
    : `%u${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Long names are stored by their digest, so that a caller cannot fill the memory with them. */
function valueKey(name: string): string {
  return name.length > MAX_LENGTH ? labelValue(name) : name;
}
