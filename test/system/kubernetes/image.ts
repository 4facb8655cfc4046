/** Images without an engine, as root file systems in folders. */

import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { temporaryFolder } from "../../fixtures/lifetime.ts";
import { playStage, type Stage, stagesOf } from "../deploy/dockerfile.ts";

const ROOT = join(import.meta.dirname, "../../..");
const IMAGES = join(import.meta.dirname, "images");

export interface Image {
  /** The folder that is its root. */
  readonly root: string;
  readonly env: readonly string[];
}

/** The image of the Dockerfile's own last stage, on the libraries that its distroless base has, taken from this machine. */
export function tollgateImage(): Image {
  const [root, build] = [baseRoot([process.execPath]), temporaryFolder()];
  const out = join(build, "build/dist-executable");
  execFileSync(process.execPath, [join(ROOT, "scripts/build-executable.ts"), "--out", out], {
    stdio: "ignore",
  });
  cpSync(join(ROOT, "policies"), join(build, "build/policies"), { recursive: true });
  const stage = stagesOf(readFileSync(join(ROOT, "Dockerfile"), "utf8")).at(-1);
  if (stage === undefined) throw new Error("Dockerfile: has no stage");
  playStage(stage, { context: ROOT, root, stages: { build }, skip: /^/ });
  const [, path = ""] = /^PATH="([^"]+)"$/.exec(lineOf(stage, "ENV")) ?? [];
  return { root, env: [`PATH=${path}`] };
}

function lineOf({ instructions }: Stage, name: string): string {
  const found = instructions.find((instruction) => instruction.name === name);
  if (found === undefined) throw new Error(`Dockerfile: its last stage has no ${name}`);
  return found.text;
}

/** A stdio server in an image without Node: `images/calculator_mcp.py`, on this machine's Python. */
export function stdioServerImage(): Image {
  const python = realpathSync("/usr/bin/python3");
  const [, version = ""] = /python(3\.\d+)$/.exec(python) ?? [];
  const library = `/usr/lib/python${version}`;
  const modules = execFileSync("find", [join(library, "lib-dynload"), "-name", "*.so"], { encoding: "utf8" });
  // With the libraries of the executable, which most images have: glibc and libstdc++.
  const root = baseRoot([python, process.execPath, ...modules.trim().split("\n")]);
  copyInto(root, python, "/usr/bin/python3");
  const unwanted = /\/(?:test|idlelib|tkinter|__pycache__|dist-packages|ensurepip|config-[^/]*)$/;
  cpSync(library, join(root, library), {
    recursive: true,
    dereference: true,
    filter: (path) => !unwanted.test(path),
  });
  copyInto(root, join(IMAGES, "calculator_mcp.py"), "/app/calculator_mcp.py");
  return { root, env: ["PATH=/usr/bin", "PYTHONPATH=/app", "PYTHONDONTWRITEBYTECODE=1"] };
}

/** The files of a distroless base for these programs: their libraries, the users, an empty /tmp. No shell and no other program. */
function baseRoot(programs: readonly string[]): string {
  const root = temporaryFolder();
  chmodSync(root, 0o755);
  const linked = programs.flatMap((program) => librariesOf(program));
  for (const library of new Set(linked)) copyInto(root, realpathSync(library), library);
  mkdirSync(join(root, "etc"), { recursive: true });
  writeFileSync(
    join(root, "etc/passwd"),
    "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n",
  );
  writeFileSync(join(root, "etc/group"), "root:x:0:\nnonroot:x:65532:\n");
  mkdirSync(join(root, "tmp"));
  chmodSync(join(root, "tmp"), 0o1777);
  return root;
}

/** The paths of the libraries that a program is linked with, the loader included. */
function librariesOf(program: string): string[] {
  const listed = execFileSync("ldd", [program], { encoding: "utf8" });
  return [...listed.matchAll(/(?:=> )?(\/\S+) \(0x/g)]
    .map(([, path = ""]) => path)
    .filter((path) => existsSync(path));
}

function copyInto(root: string, from: string, to: string): void {
  mkdirSync(dirname(join(root, to)), { recursive: true });
  cpSync(from, join(root, to), { dereference: true });
}
