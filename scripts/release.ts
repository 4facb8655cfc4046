/** Builds a release into one folder: `npm run release -- --dry-run` shows and does everything but the commit and the tag. */

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import manifest from "../package.json" with { type: "json" };
import { buildSteps } from "./release/artefacts.ts";
import { nextVersion, sectionOf } from "./release/changelog.ts";
import { digestFile, digestFolder, SUMS, writeSums } from "./release/digests.ts";
import { parseReleaseFlags, RELEASE_HELP, type ReleaseFlags } from "./release/flags.ts";
import { publishingCommands, releaseNotes } from "./release/notes.ts";
import { git, releaseProblems } from "./release/preconditions.ts";
import { provenanceStatement, withoutCredentials } from "./release/provenance.ts";
import { cloneSource, installModules, linkModules, type Source } from "./release/source.ts";

const ROOT = join(import.meta.dirname, "..");

process.exitCode = main(process.argv.slice(2));

function main(argv: readonly string[]): number {
  const flags = parseReleaseFlags(argv);
  if (flags === undefined) return print(RELEASE_HELP.trimEnd());
  if (!("out" in flags)) return refuse(flags);
  const changelog = readFileSync(join(ROOT, "CHANGELOG.md"), "utf8");
  const version = flags.version ?? nextVersion(manifest.version, changelog);
  const out = resolve(ROOT, flags.out);
  const problems = releaseProblems({ root: ROOT, branch: flags.branch, version, changelog, out });
  if (problems.length > 0) return refuse(problems);
  print(`${flags.isDryRun ? "dry run of " : ""}release ${version} from ${flags.branch}`);
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const source = prepareSource(flags, version, join(out, "source"));
  build(flags, { source, out, version, startedOn: new Date() });
  if (!flags.isDryRun) takeCommit(source, version);
  rmSync(source.folder, { recursive: true });
  for (const { name, bytes, sha256 } of digestFolder(out)) print(`${sha256}  ${name}, ${bytes} bytes`);
  print(
    flags.isDryRun ? "dry run: the repository is as it was. A release would go on with:" : "publish it with:",
  );
  for (const command of publishingCommands(version, flags.out)) print(`  ${command}`);
  return 0;
}

function prepareSource(flags: ReleaseFlags, version: string, folder: string): Source {
  const date = new Date().toISOString().slice(0, 10);
  const { branch } = flags;
  const source = cloneSource({ root: ROOT, folder, branch, from: manifest.version, version, date });
  print(`version ${version}, changelog and tag v${version}: commit ${source.commit}`);
  if (flags.isDryRun) linkModules(source, ROOT);
  else installModules(source);
  return source;
}

interface Release {
  readonly source: Source;
  readonly out: string;
  readonly version: string;
  readonly startedOn: Date;
}

function build(flags: ReleaseFlags, { source, out, version, startedOn }: Release): void {
  const { platforms, branch, signer } = flags;
  for (const { file, build } of buildSteps({ source, out, version, platforms })) {
    build();
    print(`built ${file}`);
  }
  const repository = repositoryAddress();
  const statement = provenanceStatement(digestFolder(out), {
    version,
    commit: source.commit,
    ...(repository === undefined ? {} : { repository }),
    branch,
    platforms,
    node: process.versions.node,
    lockSha256: digestFile(join(source.folder, "package-lock.json")),
    startedOn,
    finishedOn: new Date(),
  });
  writeSigned(
    join(out, `tollgate-${version}.intoto.json`),
    `${JSON.stringify(statement, null, 2)}\n`,
    signer,
  );
  const changes = sectionOf(readFileSync(join(source.folder, "CHANGELOG.md"), "utf8"), version) ?? "";
  writeFileSync(join(out, "NOTES.md"), releaseNotes(version, changes, digestFolder(out)));
  writeSums(out);
  print(
    `wrote provenance statement${signer === undefined ? ", unsigned" : " and its signature"}, NOTES.md and ${SUMS}`,
  );
}

function repositoryAddress(): string | undefined {
  try {
    const address = withoutCredentials(git(ROOT, "remote", "get-url", "origin"));
    return /^(?:https?|ssh):/.test(address) ? address : undefined;
  } catch {
    return undefined;
  }
}

/** @throws when the signer fails */
function writeSigned(path: string, text: string, signer: string | undefined): void {
  writeFileSync(path, text);
  if (signer === undefined) return;
  const { status, error, stdout, stderr } = spawnSync(signer, { input: text, shell: true });
  if (error !== undefined || status !== 0)
    throw new Error(`--signer: ${signer} ended with ${status}: ${stderr.toString()}`, { cause: error });
  writeFileSync(`${path}.sig`, stdout);
}

/** Moves the branch to the commit of the release, and takes its tag. */
function takeCommit({ folder }: Source, version: string): void {
  git(ROOT, "fetch", "--quiet", folder, `refs/tags/v${version}:refs/tags/v${version}`);
  git(ROOT, "merge", "--quiet", "--ff-only", `v${version}`);
}

function refuse(problems: readonly string[]): number {
  for (const problem of problems) process.stderr.write(`release: ${problem}\n`);
  return 1;
}

function print(line: string): number {
  process.stdout.write(`${line}\n`);
  return 0;
}
