/** Builds the `main.js` of another commit, in a folder beside the testbed, with the dependencies of that commit. */

import { execFileSync, type ExecFileSyncOptions } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Takes half a minute. @throws when the repository has no such commit, or when it cannot be built */
export function buildCommit(commit: string, folder: string): string {
  process.stderr.write(`building ${commit} ... `);
  const tree = join(folder, "older");
  mkdirSync(tree);
  const archive = execFileSync("git", ["archive", commit], { cwd: ROOT, maxBuffer: 2 ** 30 });
  execFileSync("tar", ["-x", "-C", tree], { input: archive });
  const quietly: ExecFileSyncOptions = { cwd: tree, stdio: ["ignore", "ignore", "inherit"] };
  execFileSync("npm", ["ci", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"], quietly);
  execFileSync(process.execPath, ["scripts/bundle-dist.ts"], quietly);
  process.stderr.write("built\n");
  return join(tree, "dist/main.js");
}
