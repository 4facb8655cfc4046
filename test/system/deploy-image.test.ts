/** The Dockerfile, played without an engine on a clean folder: its files are there, its steps work, and its result runs. */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { copyContext, playStage, type Stage, stagesOf } from "./deploy/dockerfile.ts";

const ROOT = join(import.meta.dirname, "../..");
const STAGES = stagesOf(readFileSync(join(ROOT, "Dockerfile"), "utf8"));
const [BUILD, IMAGE] = STAGES;
const MIB = 1024 * 1024;
/** The packages of the base image are those of setup:system here. */
const OF_THE_BASE = /^apt-get /;

let folder: string;
let image: string;

function stage(found: Stage | undefined): Stage {
  if (found === undefined) throw new Error("Dockerfile: must have two stages");
  return found;
}

function textsOf(name: string): string[] {
  return stage(IMAGE)
    .instructions.filter((instruction) => instruction.name === name)
    .map(({ text }) => text);
}

function sizeOf(path: string): number {
  const status = statSync(path);
  if (!status.isDirectory()) return status.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-image-"));
  const [context, build] = [join(folder, "context"), join(folder, "build")];
  image = join(folder, "image");
  for (const path of [context, build, image]) mkdirSync(path);
  copyContext(ROOT, context);
  playStage(stage(BUILD), { context, root: build, stages: {}, skip: OF_THE_BASE });
  playStage(stage(IMAGE), { context, root: image, stages: { build }, skip: OF_THE_BASE });
}, 300_000);

afterAll(() => {
  process.stdout.write(`image, without its base: ${(sizeOf(image) / MIB).toFixed(1)} MiB\n`);
  rmSync(folder, { recursive: true, force: true });
});

describe("Dockerfile", () => {
  it("installs what setup:system installs to build the executable", () => {
    const installed = stage(BUILD).instructions.find(({ text }) => OF_THE_BASE.test(text))?.text ?? "";
    const system = readFileSync(join(ROOT, "scripts/setup-system.sh"), "utf8");
    const packages = installed.split("--no-install-recommends ")[1]?.split(" ") ?? [];
    expect(packages).toEqual(["binutils", "libatomic1", "patchelf"]);
    for (const name of packages.filter((each) => each !== "libatomic1"))
      expect(system).toContain(` ${name} `.trim());
  });

  it("builds with the Node that is tested, and pins its bases", () => {
    expect(stage(BUILD).from).toBe(`node:${manifest.devDependencies.node}-bookworm`);
    expect(stage(BUILD).instructions.at(-1)).toEqual({
      name: "ARG",
      text: "BASE=gcr.io/distroless/cc-debian13:nonroot",
    });
    expect(stage(IMAGE).from).toBe("${BASE}");
  });

  it("makes an image that runs as a numeric user, not as root", () => {
    expect(textsOf("USER")).toEqual(["65532:65532"]);
  });

  it("runs nothing in the last stage, which has no shell to do so", () => {
    expect(textsOf("RUN")).toEqual([]);
    expect(textsOf("ENTRYPOINT")[0]).toMatch(/^\[/);
    expect(textsOf("HEALTHCHECK")[0]).toMatch(/ CMD \["tollgate", "health"\]$/);
  });

  it("has labels that describe it, with the version of the package", () => {
    const labels = textsOf("LABEL").join(" ");
    for (const label of ["title", "description", "licenses", "version", "revision"])
      expect(labels).toContain(`org.opencontainers.image.${label}=`);
    expect(textsOf("ARG")).toContain(`VERSION=${manifest.version}`);
  });

  it("has an entry point that exists and prints its version", () => {
    const [entry = ""] = JSON.parse(textsOf("ENTRYPOINT")[0] ?? "[]") as string[];
    const said = execFileSync(join(image, entry), ["--version"], { env: {}, encoding: "utf8" });
    expect(said).toBe(`tollgate ${manifest.version}\n`);
  });

  it("finds the command of its health check on its PATH", () => {
    const path = /PATH="([^"]+)"/.exec(textsOf("ENV").join(" "))?.[1] ?? "";
    const folders = path.split(":").map((each) => join(image, each));
    const found = spawnSync("tollgate", ["health", "--admin", "http://127.0.0.1:1"], {
      env: { PATH: folders.join(":") },
    });
    expect(found.status).toBe(1);
  });

  it("can read its policies", () => {
    const checked = spawnSync(join(image, "usr/local/lib/tollgate/tollgate"), [
      "policy",
      "check",
      join(image, "usr/local/share/tollgate/policies/prometheus.json"),
    ]);
    expect(checked.status).toBe(0);
  });

  it("contains its bill of materials and licences, with every package in it", () => {
    const at = join(image, "usr/local/lib/tollgate");
    const bill = JSON.parse(readFileSync(join(at, "sbom.cdx.json"), "utf8")) as {
      components: { name: string; version: string }[];
    };
    const named = new Set(bill.components.map(({ name, version }) => `${name} ${version}`));
    const licences = readFileSync(join(at, "LICENSES.txt"), "utf8");
    const inside = [...licences.matchAll(/^-{78}\n\n((?:@[\w.-]+\/)?[\w.-]+) (\d\S*) \(/gm)];
    expect(inside.length).toBeGreaterThan(50);
    expect(
      inside.map(([, name, version]) => `${name} ${version}`).filter((each) => !named.has(each)),
    ).toEqual([]);
    expect(named).toContain(`node ${manifest.devDependencies.node}`);
  });
});
