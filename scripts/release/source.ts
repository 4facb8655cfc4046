/** The sources of a release: a clone of the commit, with version and changelog of the release, committed and tagged there. */

import { execFileSync } from "node:child_process";
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { released } from "./changelog.ts";
import { git } from "./preconditions.ts";
import { writeVersion } from "./version.ts";

export interface Source {
  readonly folder: string;
  /** The commit of the release. */
  readonly commit: string;
}

export interface SourceOptions {
  readonly root: string;
  readonly folder: string;
  readonly branch: string;
  readonly from: string;
  readonly version: string;
  readonly date: string;
}

export function cloneSource({ root, folder, branch, from, version, date }: SourceOptions): Source {
  git(root, "clone", "--quiet", "--no-local", "--branch", branch, root, folder);
  writeVersion(folder, from, version);
  const changelog = join(folder, "CHANGELOG.md");
  writeFileSync(changelog, released(readFileSync(changelog, "utf8"), version, date));
  const author = ["name", "email"].map((part) => {
    const value = configOf(root, `user.${part}`) ?? (part === "name" ? "release" : "release@localhost");
    return ["-c", `user.${part}=${value}`];
  });
  git(folder, "add", "--all");
  git(folder, ...author.flat(), "commit", "--quiet", "--no-verify", "--message", `release: ${version}`);
  git(folder, ...author.flat(), "tag", "--annotate", "--message", `Tollgate ${version}`, `v${version}`);
  return { folder, commit: git(folder, "rev-parse", "HEAD") };
}

function configOf(root: string, name: string): string | undefined {
  try {
    return git(root, "config", name);
  } catch {
    return undefined;
  }
}

/** Installs the packages that the lockfile names. */
export function installModules({ folder }: Source): void {
  execFileSync("npm", ["ci", "--prefer-offline", "--ignore-scripts=false"], { cwd: folder, stdio: "ignore" });
}

/** Takes the packages that are installed in `root`, by hard links, for a dry run. */
export function linkModules({ folder }: Source, root: string): void {
  linkTree(join(root, "node_modules"), join(folder, "node_modules"));
}

/** Folders of node_modules that are no packages. */
const CACHES = new Set([".cache", ".vite", ".vitest"]);

function linkTree(from: string, to: string): void {
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else if (!entry.isDirectory()) linkSync(source, target);
    else if (!CACHES.has(entry.name)) linkTree(source, target);
  }
}
