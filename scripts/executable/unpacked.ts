/** Part of the executable: a file that was embedded, written out for whoever wants its path. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

/** The path of a new file with that text; it is gone when the process ends. Needs a folder for temporary files that can be written. */
export function unpacked(name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, basename(name));
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}
