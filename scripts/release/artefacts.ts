/** Builds the artefacts of a release from its sources. */

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Platform } from "./flags.ts";
import { writeOciLayout } from "./oci-layout.ts";
import type { Source } from "./source.ts";

export interface ArtefactOptions {
  readonly source: Source;
  readonly out: string;
  readonly version: string;
  readonly platforms: readonly Platform[];
}

/** A step of the build, and the file that it writes. */
export interface BuildStep {
  readonly file: string;
  readonly build: () => void;
}

export function buildSteps({ source, out, version, platforms }: ArtefactOptions): readonly BuildStep[] {
  const { folder } = source;
  const at = (file: string): string => join(out, file);
  const step = (file: string, build: (path: string) => void): BuildStep => ({
    file,
    build: () => build(at(file)),
  });
  return [
    step(`mcp-tollgate-${version}.tgz`, () => packPackage(folder, out)),
    ...platforms.map((platform) =>
      step(`tollgate-${version}-${platform}.tar.gz`, (path) => packExecutable(source, platform, path)),
    ),
    step(`tollgate-${version}.sbom.cdx.json`, (path) =>
      writeFileSync(path, runNode(folder, "scripts/sbom.ts")),
    ),
    ...["tollgate", "tollgate-webhook"].map((chart) =>
      step(`${chart}-${version}.tgz`, (path) =>
        // The alerts and boards of a chart are links to files that are not in it.
        archive(path, join(folder, "deploy/helm"), ["--dereference", chart], source),
      ),
    ),
    step(`tollgate-${version}-chart.oci.tar.gz`, (path) =>
      packChartLayout(source, join(out, `tollgate-${version}.tgz`), path),
    ),
    step(`tollgate-${version}-image.tar.gz`, (path) => packImageContext(source, path)),
  ];
}

/** The packaged chart as an OCI image layout. */
function packChartLayout(source: Source, chart: string, path: string): void {
  const layout = `${path}.layout`;
  const yaml = readFileSync(join(source.folder, "deploy/helm/tollgate/Chart.yaml"), "utf8");
  writeOciLayout(layout, chart, yaml);
  archive(path, layout, ["."], source);
  rmSync(layout, { recursive: true });
}

function packPackage(folder: string, out: string): void {
  runNode(folder, "scripts/bundle-dist.ts");
  runNode(folder, "scripts/build-console.ts");
  execFileSync("npm", ["pack", "--ignore-scripts", "--pack-destination", out], {
    cwd: folder,
    stdio: "pipe",
  });
}

function packExecutable(source: Source, platform: Platform, path: string): void {
  const { folder } = source;
  const name = `tollgate-${platform}`;
  const target = join(folder, name);
  const args = ["--out", target];
  if (platform !== `${process.platform}-${process.arch}`) args.push("--node", fetchNode(folder, platform));
  runNode(folder, "scripts/build-executable.ts", ...args);
  archive(path, folder, [name], source);
}

/** The Node of another platform, at the version that runs, from the npm registry. Returns the path of its binary. */
function fetchNode(folder: string, platform: Platform): string {
  const prefix = join(folder, `node-${platform}`);
  mkdirSync(prefix);
  const wanted = `node-${platform}@${process.versions.node}`;
  const args = ["install", "--prefix", prefix, "--ignore-scripts", "--no-save", "--force", wanted];
  execFileSync("npm", args, { cwd: prefix, stdio: "pipe" });
  return join(prefix, `node_modules/node-${platform}/bin/node`);
}

/** Dockerfile, .dockerignore and the files that the Dockerfile copies from the context. */
function packImageContext(source: Source, path: string): void {
  const { folder } = source;
  const lines = readFileSync(join(folder, "Dockerfile"), "utf8").split("\n");
  const copied = lines
    .filter((line) => line.startsWith("COPY ") && !line.includes("--from="))
    .flatMap((line) => line.split(/\s+/).slice(1, -1))
    .filter((name) => existsSync(join(folder, name)));
  const tracked = ["Dockerfile", ".dockerignore", ...new Set(copied)];
  const context = `${path}.context`;
  rmSync(context, { recursive: true, force: true });
  mkdirSync(context);
  const tar = execFileSync("git", ["archive", "--format=tar", source.commit, ...tracked], {
    cwd: folder,
    maxBuffer: 256 * 1024 * 1024,
  });
  execFileSync("tar", ["-x", "-C", context], { input: tar });
  archive(path, context, ["."], source);
  rmSync(context, { recursive: true });
}

/** The same bytes for the same files: names in order, times of the commit, no owner. */
function archive(path: string, folder: string, names: readonly string[], source: Source): void {
  const time = execFileSync("git", ["show", "--no-patch", "--format=%cI", source.commit], {
    cwd: source.folder,
    encoding: "utf8",
  }).trim();
  const same = [
    "--sort=name",
    `--mtime=${time}`,
    "--owner=0",
    "--group=0",
    "--numeric-owner",
    "--mode=go=rX,u+rw",
  ];
  execFileSync("tar", [...same, "--use-compress-program=gzip -n", "-cf", path, "-C", folder, ...names]);
}

function runNode(folder: string, script: string, ...args: readonly string[]): string {
  const maxBuffer = 64 * 1024 * 1024;
  return execFileSync(process.execPath, [script, ...args], { cwd: folder, encoding: "utf8", maxBuffer });
}
