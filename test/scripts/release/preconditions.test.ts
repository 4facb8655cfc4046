/** The states of a repository from which no release is made. */

import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type Candidate, releaseProblems } from "../../../scripts/release/preconditions.ts";
import { temporaryFolder } from "../../fixtures/lifetime.ts";

const READY = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- a\n\n## [1.0.0] - 2026-01-01\n\n- b\n";

let clean: Candidate;
let dirty: string;

function makeRepository(): string {
  const root = temporaryFolder();
  const author = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
  const git = (...args: readonly string[]) => execFileSync("git", args, { cwd: root });
  git("init", "--quiet", "--initial-branch", "main");
  writeFileSync(join(root, "file"), "1");
  git("add", "--all");
  git(...author, "commit", "--quiet", "--message", "all");
  git("tag", "v2.0.0");
  return root;
}

beforeAll(() => {
  const root = makeRepository();
  clean = { root, branch: "main", version: "1.1.0", changelog: READY, out: join(root, "release") };
  dirty = makeRepository();
  writeFileSync(join(dirty, "file"), "2");
});

describe("a release", () => {
  it("is made from a clean tree of the release branch with a changelog", () => {
    expect(releaseProblems(clean)).toEqual([]);
  });

  it.each<[string, () => Partial<Candidate>, string]>([
    [
      "a tree with changes",
      () => ({ root: dirty }),
      "the tree has uncommitted changes: file; commit or stash them",
    ],
    [
      "another branch",
      () => ({ branch: "stable" }),
      "the branch is main: releases are made from stable; switch, or name another with --branch",
    ],
    [
      "a changelog without entries",
      () => ({ changelog: "## [Unreleased]\n\n## [1.0.0] - 2026-01-01\n\n- b\n" }),
      "CHANGELOG.md: [Unreleased] has no entry; say what changes for users",
    ],
    [
      "a missing changelog",
      () => ({ changelog: "" }),
      "CHANGELOG.md: [Unreleased] has no entry; say what changes for users",
    ],
    [
      "a version that the changelog has",
      () => ({ version: "1.0.0" }),
      "CHANGELOG.md: [1.0.0] has a section already; name another version with --version",
    ],
    [
      "a version that has a tag",
      () => ({ version: "2.0.0" }),
      "the tag v2.0.0 exists: name another version with --version",
    ],
  ])("is refused for %s", (_case, change, problem) => {
    expect(releaseProblems({ ...clean, ...change() })).toEqual([problem]);
  });

  it("does not replace a folder with other files", () => {
    const out = join(temporaryFolder(), "mine");
    mkdirSync(out);
    writeFileSync(join(out, "letter.txt"), "");
    expect(releaseProblems({ ...clean, out })).toEqual([
      `${out}: holds files that are not of a release; name another folder with --out`,
    ]);
    writeFileSync(join(out, "SHA256SUMS"), "");
    expect(releaseProblems({ ...clean, out })).toEqual([]);
  });
});
