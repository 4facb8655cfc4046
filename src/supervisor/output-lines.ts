/** Lines that sidecars log, each with the name of its server. */

import { prettyLine } from "../telemetry/logging/log-pretty.ts";

/** The line with its line break. A line that is no JSON object becomes the message of one. */
export function labelledLine(server: string, line: string, format: "json" | "pretty"): string {
  const fields = parseFields(line) ?? { level: "info", time: new Date().toISOString(), msg: line };
  const { level, time, ...rest } = fields;
  const labelled = `${JSON.stringify({ level, time, ...rest, server })}\n`;
  return format === "pretty" ? prettyLine(labelled) : labelled;
}

function parseFields(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = line.startsWith("{") ? JSON.parse(line) : undefined;
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
