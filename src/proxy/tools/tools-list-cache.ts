/** The last list of tools that was read, as each policy cuts it: a server says the same list again and again, and it need not be read each time. */

import { Buffer, isUtf8 } from "node:buffer";

import type { Policy } from "../../policy/policy.ts";
import { isJsonObject, JsonNumber } from "../../json/json.ts";
import { readJson } from "../../json/read-json.ts";
import { memberText, setMember } from "../../json/edit-json.ts";

/** Longest message around a result: its other members, among them an id of 256 characters that are all escapes. */
const MAX_ENVELOPE_LENGTH = 4_096;
const RESULT_NAME = '"result":';
/** Stands for the result while the rest of a message is read; a number is written in one way only. */
const PLACEHOLDER = "73e-73";

/** A message whose list is known. */
export interface CachedList {
  /** What an agent may have of it, in pieces. */
  readonly pieces: readonly Buffer[];
  /** The message with no tool in its list; all else is as it came. */
  readonly emptied: string;
}

interface FilteredResult {
  readonly text: string;
  readonly bytes: Buffer;
}

export class ToolsListCache {
  /** The tokens of the result; empty when none is known. */
  #result = "";
  #resultBytes = Buffer.alloc(0);
  /** The result without its tools. */
  #emptied = "";
  readonly #filtered = new Map<Policy | undefined, FilteredResult>();

  /** `minified` was read, and `passed` is what an agent under `policy` may have of it. */
  store(minified: string, policy: Policy | undefined, passed: string): void {
    const result = memberText(minified, ["result"]) ?? "";
    if (result !== this.#result) this.#setResult(result);
    const text = memberText(passed, ["result"]) ?? "";
    this.#filtered.set(policy, { text, bytes: Buffer.from(text) });
  }

  /** What is hidden may have changed. */
  clear(): void {
    this.#setResult("");
  }

  /**
   * What an agent under `policy` may have of the message, when it says what the last list said under another id.
   * Security: what is not the known result to the letter is read here as strictly as any message is.
   */
  filterCached(text: string, policy: Policy | undefined): string | undefined {
    const cut = this.#filtered.get(policy);
    if (cut === undefined || text.length - this.#result.length > MAX_ENVELOPE_LENGTH) return undefined;
    const start = text.slice(0, MAX_ENVELOPE_LENGTH).indexOf(RESULT_NAME) + RESULT_NAME.length;
    if (!text.startsWith(this.#result, start)) return undefined;
    const [before, after] = [text.slice(0, start), text.slice(start + this.#result.length)];
    return isEnvelope(before, after) ? before + cut.text + after : undefined;
  }

  /** As `recall`, from the bytes of the message as they came: nothing but what stands around the result is decoded. */
  lookupBytes(body: readonly Buffer[], policy: Policy | undefined): CachedList | undefined {
    const cut = this.#filtered.get(policy);
    const [first] = body;
    if (cut === undefined || first === undefined) return undefined;
    const start = first.subarray(0, MAX_ENVELOPE_LENGTH).indexOf(RESULT_NAME) + RESULT_NAME.length;
    const before = first.subarray(0, start);
    const after = bytesAfter(body, start, this.#resultBytes);
    // Security: what is no text would be decoded to another, and so must not pass as it came.
    if (after === undefined || !isUtf8(before) || !isUtf8(after)) return undefined;
    const [head, tail] = [before.toString("utf8"), after.toString("utf8")];
    if (!isEnvelope(head, tail)) return undefined;
    return { pieces: [before, cut.bytes, after], emptied: head + this.#emptied + tail };
  }

  #setResult(result: string): void {
    this.#filtered.clear();
    this.#result = result;
    this.#resultBytes = Buffer.from(result);
    this.#emptied = setMember(result, ["tools"], "[]");
  }
}

/** What comes after `known`, which begins at `start` in the first piece; undefined when anything else stands there. */
function bytesAfter(pieces: readonly Buffer[], start: number, known: Buffer): Buffer | undefined {
  const rest: Buffer[] = [];
  let restBytes = 0;
  // Where in `known` the piece begins.
  let at = -start;
  for (const piece of pieces) {
    const from = Math.max(0, -at);
    const to = Math.max(0, Math.min(piece.length, known.length - at));
    if (from < to && piece.compare(known, at + from, at + to, from, to) !== 0) return undefined;
    rest.push(piece.subarray(to));
    restBytes += piece.length - to;
    if (restBytes > MAX_ENVELOPE_LENGTH) return undefined;
    at += piece.length;
  }
  return at < known.length ? undefined : Buffer.concat(rest);
}

/** Whether the message is a sound one, and what stands between the two is its result. */
function isEnvelope(before: string, after: string): boolean {
  if (before.includes(PLACEHOLDER) || after.includes(PLACEHOLDER)) return false;
  const shell = readJson(before + PLACEHOLDER + after);
  if (!shell.ok || !isJsonObject(shell.value)) return false;
  const result = shell.value.get("result");
  return result instanceof JsonNumber && result.token === PLACEHOLDER;
}
