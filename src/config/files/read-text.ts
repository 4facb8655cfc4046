/** A file's text as it is now. */

import { readFileSync } from "node:fs";
import type { FileReading } from "./watched-file.ts";

export function readText(path: string): FileReading<string> {
  try {
    return { ok: true, value: readFileSync(path, "utf8") };
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    return { ok: false, problems: [`${path}: cannot be read: ${why}`] };
  }
}
