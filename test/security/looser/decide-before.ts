/** The decision as it was before arguments meant to the policy what they mean to servers, bundled from the history of this repository. */

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { build } from "esbuild";

import type { readJson } from "../../../src/json/read-json.ts";
import type { decide } from "../../../src/policy/decide.ts";
import type { compilePolicy } from "../../../src/policy/document/compile.ts";
import type { parsePolicy } from "../../../src/policy/document/document.ts";

/** A state of this repository, and the files that the core was in. */
export interface State {
  readonly name: string;
  readonly commit: string;
  readonly entry: string;
}

/** The last commit before types came first (decision 0080), which began the work. */
export const BEFORE_TYPES: State = {
  name: "before arguments meant what they mean to servers",
  commit: "2436ca9d8d2d846c697dd980eec2e958077247dd",
  entry: `
export { decide } from "./src/policy/decide.ts";
export { compilePolicy } from "./src/policy/document/compile.ts";
export { parsePolicy } from "./src/policy/document/document.ts";
export { readJson } from "./src/json/read-json.ts";
`,
};

/** The state that `test/fixtures/released` was taken from. */
export const RELEASED: State = {
  name: "at the last released state",
  commit: "7d12b5aebbde6029be40939aa1c17f8861837609",
  entry: `
export { decide } from "./src/policy/decide.ts";
export { compile as compilePolicy } from "./src/policy/compile.ts";
export { parsePolicy } from "./src/policy/document.ts";
export { readJson } from "./src/policy/read-json.ts";
`,
};

const ROOT = resolve(import.meta.dirname, "../../..");
const CACHE = join(ROOT, "node_modules/.cache/security");

/** The parts of the pure core that a decision takes; the names are the same on both sides. */
export interface Core {
  readonly decide: typeof decide;
  readonly compilePolicy: typeof compilePolicy;
  readonly parsePolicy: typeof parsePolicy;
  readonly readJson: typeof readJson;
}

/** @throws Error when the history does not hold the commit. */
export async function loadCore(state: State): Promise<Core> {
  const bundle = join(CACHE, `decide-${state.commit.slice(0, 12)}.mjs`);
  if (!existsSync(bundle)) await bundleCore(bundle, state);
  // The bundle has these exports, by the entry.
  return (await import(pathToFileURL(bundle).href)) as Core;
}

async function bundleCore(bundle: string, { commit, entry }: State): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), "decide-before-"));
  try {
    const archive = execFileSync("git", ["archive", commit, "src"], { cwd: ROOT, maxBuffer: 2 ** 28 });
    execFileSync("tar", ["-x", "-C", folder], { input: archive });
    await build({
      stdin: { contents: entry, resolveDir: folder, loader: "ts" },
      nodePaths: [join(ROOT, "node_modules")],
      bundle: true,
      platform: "node",
      format: "esm",
      outfile: bundle,
      logLevel: "silent",
    });
  } catch (error) {
    throw new Error(`cannot build src of ${commit}: ${String(error)}; a shallow clone needs its history`, {
      cause: error,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
