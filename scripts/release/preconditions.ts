/** Refuses a release of anything but the committed state of the release branch, with a changelog. */

import { existsSync, readdirSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { sectionOf } from "./changelog.ts";
import { SUMS } from "./digests.ts";

/** The version to release and the repository that it is made from. */
export interface Candidate {
  readonly root: string;
  readonly branch: string;
  readonly version: string;
  readonly changelog: string;
  /** Folder of the artefacts. */
  readonly out: string;
}

/** Every problem at once; empty when the release may begin. */
export function releaseProblems({ root, branch, version, changelog, out }: Candidate): readonly string[] {
  const problems: string[] = [];
  const changed = git(root, "status", "--porcelain").split("\n").filter(Boolean);
  if (changed.length > 0) {
    const files = changed.map((line) => line.slice(3)).slice(0, 5);
    problems.push(`the tree has uncommitted changes: ${files.join(", ")}; commit or stash them`);
  }
  const current = git(root, "rev-parse", "--abbrev-ref", "HEAD");
  if (current !== branch)
    problems.push(
      `the branch is ${current}: releases are made from ${branch}; switch, or name another with --branch`,
    );
  if (git(root, "tag", "--list", `v${version}`) !== "")
    problems.push(`the tag v${version} exists: name another version with --version`);
  if (!/^[-*] /m.test(sectionOf(changelog, "Unreleased") ?? ""))
    problems.push("CHANGELOG.md: [Unreleased] has no entry; say what changes for users");
  if (sectionOf(changelog, version) !== undefined)
    problems.push(`CHANGELOG.md: [${version}] has a section already; name another version with --version`);
  if (existsSync(out) && readdirSync(out).length > 0 && !existsSync(`${out}/${SUMS}`))
    problems.push(`${out}: holds files that are not of a release; name another folder with --out`);
  return problems;
}

/** The output of git, without the line feed at its end; the indentation of its first line stays. @throws when git fails */
export function git(root: string, ...args: readonly string[]): string {
  const { status, error, stdout, stderr } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  if (error !== undefined) throw new Error("git is missing", { cause: error });
  if (status !== 0) throw new Error(`git ${args.join(" ")}: ended with ${status}: ${stderr.trim()}`);
  return stdout.trimEnd();
}
