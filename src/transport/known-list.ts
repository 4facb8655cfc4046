/** The last list of tools that was read, as each policy cuts it: a server says the same list again and again, and it need not be read each time. */

import type { Policy } from "../policy/compile.ts";
import { isJsonObject, JsonNumber } from "../policy/json.ts";
import { readJson } from "../policy/read-json.ts";
import { memberText } from "./splice.ts";

/** Longest message around a result: its other members, among them an id of 256 characters that are all escapes. */
const LONGEST_SHELL = 4_096;
const RESULT_NAME = '"result":';
/** Stands for the result while the rest of a message is read; a number is written in one way only. */
const MARK = "73e-73";

export class KnownList {
  /** The tokens of the result; empty when none is known. */
  #result = "";
  readonly #cuts = new Map<Policy | undefined, string>();

  /** `minified` was read, and `passed` is what an agent under `policy` may have of it. */
  keep(minified: string, policy: Policy | undefined, passed: string): void {
    const result = memberText(minified, ["result"]) ?? "";
    if (result !== this.#result) this.#cuts.clear();
    this.#result = result;
    this.#cuts.set(policy, memberText(passed, ["result"]) ?? "");
  }

  /** What is hidden may have changed. */
  forget(): void {
    this.#result = "";
    this.#cuts.clear();
  }

  /**
   * What an agent under `policy` may have of the message, when it says what the last list said under another id.
   * Security: what is not the known result to the letter is read here as strictly as any message is.
   */
  recall(text: string, policy: Policy | undefined): string | undefined {
    const cut = this.#cuts.get(policy);
    if (cut === undefined || text.length - this.#result.length > LONGEST_SHELL) return undefined;
    const start = text.slice(0, LONGEST_SHELL).indexOf(RESULT_NAME) + RESULT_NAME.length;
    if (!text.startsWith(this.#result, start)) return undefined;
    const [before, after] = [text.slice(0, start), text.slice(start + this.#result.length)];
    return isShell(before, after) ? before + cut + after : undefined;
  }
}

/** Whether the message is a sound one, and what stands between the two is its result. */
function isShell(before: string, after: string): boolean {
  if (before.includes(MARK) || after.includes(MARK)) return false;
  const shell = readJson(before + MARK + after);
  if (!shell.ok || !isJsonObject(shell.value)) return false;
  const result = shell.value.get("result");
  return result instanceof JsonNumber && result.token === MARK;
}
