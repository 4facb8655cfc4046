/** Version and changelog of a release. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import manifest from "../../../package.json" with { type: "json" };
import { nextVersion, released, sectionOf } from "../../../scripts/release/changelog.ts";
import { parseReleaseFlags, PLATFORMS } from "../../../scripts/release/flags.ts";
import { withoutCredentials } from "../../../scripts/release/provenance.ts";
import { VERSIONED_FILES } from "../../../scripts/release/version.ts";

const ROOT = join(import.meta.dirname, "../../..");

function changelog(...unreleased: readonly string[]): string {
  return [
    "# Changelog",
    "",
    "## [Unreleased]",
    "",
    ...unreleased,
    "",
    "## [1.2.3] - 2026-01-01",
    "",
    "- old",
    "",
  ].join("\n");
}

describe("the changelog of a release", () => {
  it("has the entries under the version, and an empty section for the next ones", () => {
    const text = released(changelog("### Fixed", "", "- a fault"), "1.2.4", "2026-11-30");
    expect(text).toContain("## [Unreleased]\n\n## [1.2.4] - 2026-11-30\n\n### Fixed\n\n- a fault\n");
    expect([sectionOf(text, "Unreleased"), sectionOf(text, "1.2.4"), sectionOf(text, "1.2.3")]).toEqual([
      "",
      "### Fixed\n\n- a fault",
      "- old",
    ]);
  });

  it.each([
    ["the current version when it has no section", "0.1.0", ["### Added", "- a"], "0.1.0"],
    ["the next patch for fixes alone", "1.2.3", ["### Fixed", "- a", "### Security", "- b"], "1.2.4"],
    [
      "the next minor version for anything else",
      "1.2.3",
      ["### Fixed", "- a", "### Changed", "- b"],
      "1.3.0",
    ],
  ])("leads to %s", (_case, current, unreleased, next) => {
    expect(nextVersion(current, changelog(...unreleased))).toBe(next);
  });
});

describe("the version of a release", () => {
  it("is written into every tracked file that names the version beside Tollgate", () => {
    const naming = execFileSync(
      "git",
      [
        "grep",
        "-lE",
        String.raw`(tollgate[^ ]*[:@-]|[vV]ersion"?[:=] ?"?|newTag: |VERSION=)${manifest.version.replaceAll(".", String.raw`\.`)}\b`,
        "--",
        ":!test",
        ":!tools",
        ":!CHANGELOG.md",
        ":!docs/decisions",
      ],
      { cwd: ROOT, encoding: "utf8" },
    );
    expect(naming.trim().split("\n").toSorted()).toEqual(VERSIONED_FILES.toSorted());
    const files = VERSIONED_FILES.map((file) => readFileSync(join(ROOT, file), "utf8"));
    expect(files.every((text) => text.includes(manifest.version))).toBe(true);
  });
});

describe("the flags of a release", () => {
  it("are a real release of main for every platform when none is given", () => {
    expect(parseReleaseFlags([])).toEqual({
      isDryRun: false,
      out: "release",
      branch: "main",
      platforms: PLATFORMS,
    });
  });

  it.each([
    [["--version", "v1"], ['--version: must be three numbers such as 1.2.3, got "v1"']],
    [["--platforms", "linux-x64,sun"], ['--platforms: must be of linux-x64, linux-arm64, got "sun"']],
    [["--dryrun"], ["Unknown option '--dryrun'"]],
  ])("explain what is wrong with %j", (argv, problems) => {
    expect(parseReleaseFlags(argv)).toEqual(problems);
  });
});

it("takes name and password out of the address of a repository", () => {
  expect(withoutCredentials("https://user:secret@git.example.com/a/b.git")).toBe(
    "https://git.example.com/a/b.git",
  );
});
