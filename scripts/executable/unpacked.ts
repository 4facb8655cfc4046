/** Part of the executable: writes an embedded file to disk for code that needs a path. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

/** Returns the path of a new file with this text, removed when the process exits. Needs a writable folder for temporary files. */
export function unpacked(name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, basename(name));
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}
