/** A log line for people at a terminal: `12:00:00.000 WARN  message  key=value`. */

import { escapeInvisibleInJson, isVisibleText } from "../../json/escape-invisible.ts";

/** Formats one JSON line for a terminal; a line that is not a JSON object is returned unchanged. */
export function prettyLine(line: string): string {
  const fields = parseFields(line);
  if (fields === undefined) return line;
  const { level, time, msg, err, ...rest } = fields;
  const texts = Object.entries(rest).map(([key, value]) => `${key}=${textOf(value)}`);
  const head = `${clockOf(time)} ${textOf(level).toUpperCase().padEnd(5)} ${textOf(msg)}`;
  return `${[head, ...texts].join("  ")}\n${stackOf(err)}`;
}

function parseFields(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Security: control and invisible characters stay escaped, so that text in a field cannot send terminal commands or show another name. */
function textOf(value: unknown): string {
  if (value === undefined) return "";
  const isPlain =
    typeof value === "string" && isVisibleText(value) && /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u.test(value);
  return isPlain ? value : escapeInvisibleInJson(JSON.stringify(value) ?? "");
}

function clockOf(time: unknown): string {
  return typeof time === "string" ? time.slice(11, 23) : "";
}

function stackOf(err: unknown): string {
  if (!isRecord(err)) return "";
  const stack = typeof err["stack"] === "string" ? err["stack"] : textOf(err["message"]);
  return `${stack
    .split("\n")
    .map((line) => `    ${textOf(line)}`)
    .join("\n")}\n`;
}
