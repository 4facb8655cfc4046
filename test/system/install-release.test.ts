/** `npm run release -- --dry-run` in a clone: every artefact is there, has its digest, and works. */

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import manifest from "../../package.json" with { type: "json" };
import { copyRepository } from "../fixtures/copy-repository.ts";
import { temporaryFolder } from "../fixtures/lifetime.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const VERSION = "9.8.7";
const AARCH64 = 0xb7;

const STATEMENT = z.object({
  _type: z.literal("https://in-toto.io/Statement/v1"),
  subject: z.array(z.object({ name: z.string(), digest: z.object({ sha256: z.string() }) })),
  predicateType: z.literal("https://slsa.dev/provenance/v1"),
});

const DESCRIPTOR = z.object({ mediaType: z.string(), digest: z.string() });
const LAYOUT_INDEX = z.object({ manifests: z.tuple([DESCRIPTOR]) });
const LAYOUT_MANIFEST = z.object({ config: DESCRIPTOR, layers: z.tuple([DESCRIPTOR]) });

let clone: string;
let out: string;
let shown: string;

beforeAll(() => {
  clone = copyRepository();
  execFileSync("cp", ["-al", join(ROOT, "node_modules"), join(clone, "node_modules")]);
  out = join(temporaryFolder(), "release");
  const flags = ["--dry-run", "--version", VERSION, "--out", out, "--signer", "sha256sum"];
  shown = execFileSync(process.execPath, ["scripts/release.ts", ...flags], {
    cwd: clone,
    encoding: "utf8",
    env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env["PATH"]}` },
  });
}, 900_000);

function unpack(name: string): string {
  const folder = temporaryFolder();
  execFileSync("tar", ["-xzf", join(out, name), "-C", folder]);
  return folder;
}

const git = (...args: readonly string[]): string =>
  execFileSync("git", args, { cwd: clone, encoding: "utf8" }).trim();

describe("the dry run of a release", () => {
  it("writes every artefact, with its digest", () => {
    expect(readdirSync(out).toSorted()).toEqual([
      "NOTES.md",
      "SHA256SUMS",
      `mcp-tollgate-${VERSION}.tgz`,
      `tollgate-${VERSION}-chart.oci.tar.gz`,
      `tollgate-${VERSION}-image.tar.gz`,
      `tollgate-${VERSION}-linux-arm64.tar.gz`,
      `tollgate-${VERSION}-linux-x64.tar.gz`,
      `tollgate-${VERSION}.intoto.json`,
      `tollgate-${VERSION}.intoto.json.sig`,
      `tollgate-${VERSION}.sbom.cdx.json`,
      `tollgate-${VERSION}.tgz`,
      `tollgate-webhook-${VERSION}.tgz`,
    ]);
    const checked = execFileSync("sha256sum", ["--check", "--strict", "SHA256SUMS"], {
      cwd: out,
      encoding: "utf8",
    });
    expect(checked.trim().split("\n")).toHaveLength(11);
  });

  it("leaves the repository as it was", () => {
    expect([git("status", "--porcelain"), git("tag"), git("rev-list", "--count", "HEAD")]).toEqual([
      "",
      "",
      "1",
    ]);
    expect(shown).toContain("dry run: the repository is as it was");
  });

  it("packs the package, which says its version", () => {
    const folder = unpack(`mcp-tollgate-${VERSION}.tgz`);
    const args = [join(folder, "package/dist/main.js"), "--version"];
    expect(execFileSync(process.execPath, args, { encoding: "utf8" })).toBe(`tollgate ${VERSION}\n`);
  });

  it("makes the executables of x64, which says its version, and of arm64", () => {
    const x64 = join(unpack(`tollgate-${VERSION}-linux-x64.tar.gz`), "tollgate-linux-x64/tollgate");
    expect(execFileSync(x64, ["--version"], { encoding: "utf8", env: {} })).toBe(`tollgate ${VERSION}\n`);
    const arm64 = join(unpack(`tollgate-${VERSION}-linux-arm64.tar.gz`), "tollgate-linux-arm64");
    const program = readFileSync(join(arm64, "tollgate"));
    expect([program.subarray(1, 4).toString(), program.readUInt16LE(18)]).toEqual(["ELF", AARCH64]);
    expect(program.includes("NODE_SEA_BLOB")).toBe(true);
    expect(existsSync(join(arm64, "LICENSES.txt"))).toBe(true);
  });

  it("packs the chart, and the context of the image with all that its Dockerfile copies", () => {
    const chart = unpack(`tollgate-${VERSION}.tgz`);
    expect(readFileSync(join(chart, "tollgate/Chart.yaml"), "utf8")).toMatch(
      new RegExp(`^version: ${VERSION}\nappVersion: ${VERSION}$`, "m"),
    );
    // Boards and alerts are links in the sources.
    expect(readFileSync(join(chart, "tollgate/files/overview.json"), "utf8")).toContain('"panels"');
    const context = unpack(`tollgate-${VERSION}-image.tar.gz`);
    expect(readFileSync(join(context, "Dockerfile"), "utf8")).toContain(`ARG VERSION=${VERSION}`);
    for (const file of [
      "package-lock.json",
      ".npmrc",
      "src/main.ts",
      "scripts/build-executable.ts",
      "LICENSE",
    ])
      expect(existsSync(join(context, file)), file).toBe(true);
  });

  it("packs the chart as an OCI image layout, whose layer is the packaged chart", () => {
    const layout = unpack(`tollgate-${VERSION}-chart.oci.tar.gz`);
    const blobAt = (digest: string): Buffer => readFileSync(join(layout, "blobs", digest.replace(":", "/")));
    const index = LAYOUT_INDEX.parse(JSON.parse(readFileSync(join(layout, "index.json"), "utf8")));
    const chart = LAYOUT_MANIFEST.parse(JSON.parse(blobAt(index.manifests[0].digest).toString()));
    expect(chart.config.mediaType).toBe("application/vnd.cncf.helm.config.v1+json");
    expect(JSON.parse(blobAt(chart.config.digest).toString())).toMatchObject({ version: VERSION });
    expect(blobAt(chart.layers[0].digest)).toEqual(readFileSync(join(out, `tollgate-${VERSION}.tgz`)));
  });

  it("states the provenance of every artefact, and has it signed", () => {
    const file = join(out, `tollgate-${VERSION}.intoto.json`);
    const { subject } = STATEMENT.parse(JSON.parse(readFileSync(file, "utf8")));
    const sums = new Map(
      readFileSync(join(out, "SHA256SUMS"), "utf8")
        .trim()
        .split("\n")
        .map((line) => [line.slice(66), line.slice(0, 64)]),
    );
    expect(subject).toHaveLength(8);
    for (const { name, digest } of subject) expect([name, digest.sha256]).toEqual([name, sums.get(name)]);
    expect(readFileSync(`${file}.sig`, "utf8")).toContain(sums.get(`tollgate-${VERSION}.intoto.json`));
  });

  it("names the changes and the files in its notes, and the shipped packages in its SBOM", () => {
    const notes = readFileSync(join(out, "NOTES.md"), "utf8");
    expect(notes).toContain(`# Tollgate ${VERSION}`);
    expect(notes).toContain("### Added");
    expect(notes).toContain(`| \`mcp-tollgate-${VERSION}.tgz\` |`);
    const bill = readFileSync(join(out, `tollgate-${VERSION}.sbom.cdx.json`), "utf8");
    expect(bill).toContain(`"purl": "pkg:generic/node@${process.versions.node}"`);
    expect(bill).toContain(`"version": "${VERSION}"`);
    expect(manifest.version).not.toBe(VERSION);
  });
});
