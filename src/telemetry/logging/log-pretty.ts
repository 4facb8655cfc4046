/** A log line for people at a terminal: `12:00:00.000 WARN  message  key=value`. */

/** A line that is no JSON object is passed as it is. */
export function prettyLine(line: string): string {
  const fields = parseFields(line);
  if (fields === undefined) return line;
  const { level, time, msg, err, ...rest } = fields;
  const words = Object.entries(rest).map(([key, value]) => `${key}=${wordOf(value)}`);
  const head = `${clockOf(time)} ${wordOf(level).toUpperCase().padEnd(5)} ${wordOf(msg)}`;
  return `${[head, ...words].join("  ")}\n${stackOf(err)}`;
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

/** Security: control characters stay escaped, so that a name in a field cannot drive the terminal. */
function wordOf(value: unknown): string {
  if (value === undefined) return "";
  const isPlain = typeof value === "string" && /^[\p{L}\p{N}\p{P}\p{S} ]*$/u.test(value);
  return isPlain ? value : (JSON.stringify(value) ?? "");
}

function clockOf(time: unknown): string {
  return typeof time === "string" ? time.slice(11, 23) : "";
}

function stackOf(err: unknown): string {
  if (!isRecord(err)) return "";
  const stack = typeof err["stack"] === "string" ? err["stack"] : wordOf(err["message"]);
  return `${stack
    .split("\n")
    .map((line) => `    ${wordOf(line)}`)
    .join("\n")}\n`;
}
