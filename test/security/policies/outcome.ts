/** The outcome of a call: stopped by Tollgate, or an effect on the server. */

import { kindOf } from "../../e2e/bypass/answer-kind.ts";

export function isStopped(line: string): boolean {
  return line.includes('"dev.tollgate/decision"') || kindOf({ status: 200, text: line }) !== "answered";
}

/** Parts that are others at each call: identifiers, hashes and times. */
const PASSING =
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{40}\b|\b[0-9a-f]{24}\b|\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?|\b1[789]\d{8}(\.?\d{3,9})?\b/g;

/** Empty when the call did nothing: the server refused it itself, and asked for nothing. */
export function effectOf(line: string, seen: readonly string[], readsText: boolean): string {
  const text = readsText ? resultText(line) : "";
  return [...seen, ...(text === "" ? [] : [text])].join("\n").replace(PASSING, "<passing>");
}

/** Empty for an error. */
function resultText(line: string): string {
  const { result }: { result?: { isError?: boolean; content?: unknown } } = JSON.parse(line);
  return result === undefined || result.isError === true ? "" : JSON.stringify(result.content);
}
