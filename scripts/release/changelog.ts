/** The changelog of a release: the section of what is not released yet becomes the section of the version. */

/** One version's section, without its heading; undefined when the changelog has none. */
export function sectionOf(changelog: string, name: string): string | undefined {
  const heading = `## [${name}]`;
  const lines = changelog.split("\n");
  const start = lines.findIndex((line) => line === heading || line.startsWith(`${heading} `));
  if (start < 0) return undefined;
  const end = lines.findIndex((line, index) => index > start && line.startsWith("## "));
  return lines
    .slice(start + 1, end < 0 ? undefined : end)
    .join("\n")
    .trim();
}

/** The changelog after the release; `date` is of the form 2026-11-30. */
export function released(changelog: string, version: string, date: string): string {
  return changelog.replace(/^## \[Unreleased\]$/m, `## [Unreleased]\n\n## [${version}] - ${date}`);
}

/**
 * The version to release: the current one when the changelog has no section of it, else the next patch for fixes alone, and the next minor version for
 * everything else. Until 1.0.0 a minor version may break.
 */
export function nextVersion(current: string, changelog: string): string {
  if (sectionOf(changelog, current) === undefined) return current;
  const headings = [...(sectionOf(changelog, "Unreleased") ?? "").matchAll(/^### (\w+)/gm)];
  const isFix = headings.every(([, kind = ""]) => kind === "Fixed" || kind === "Security");
  const [major = 0, minor = 0, patch = 0] = current.split(".").map(Number);
  return isFix ? `${major}.${minor}.${patch + 1}` : `${major}.${minor + 1}.0`;
}
