/** The control plane of Kubernetes, built once from its Go modules. It is kept by version beside Go's own cache, since `npm ci` empties node_modules. */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { goCommand } from "../../toolchains/languages.ts";

const SOURCES = join(import.meta.dirname, "go");
const CACHE = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tollgate-tests");
/** A build from nothing takes minutes of two cores, and another one may be at it. */
const BUILD_MS = 3_600_000;

/** The version that go.mod requires, such as `1.37.2`. */
export const KUBERNETES_VERSION = requiredVersion();

function requiredVersion(): string {
  const [, version] = /k8s\.io\/kubernetes v([\d.]+)/.exec(sourceOf("go.mod")) ?? [];
  if (version === undefined) throw new Error("go.mod requires no version of k8s.io/kubernetes");
  return version;
}

/** The path of a program with kube-apiserver and kube-controller-manager. @throws Error that says what to install. */
export function controlPlaneProgram(): string {
  return builtProgram("control-plane", ".");
}

/** The path of a program that writes volumes by the kubelet's own code. @throws Error that says what to install. */
export function writeVolumeProgram(): string {
  return builtProgram("write-volume", "./write-volume");
}

function builtProgram(name: string, source: string): string {
  const digest = createHash("sha256");
  for (const file of ["go.mod", "go.sum", `${source}/main.go`]) digest.update(sourceOf(file));
  const folder = join(CACHE, `kubernetes-${KUBERNETES_VERSION}-${digest.digest("hex").slice(0, 16)}`);
  const program = join(folder, name);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  build(`${program}.${process.pid}`, source);
  // A build that is interrupted leaves no program behind.
  renameSync(`${program}.${process.pid}`, program);
  return program;
}

function build(program: string, source: string): void {
  const [major, minor] = KUBERNETES_VERSION.split(".");
  const version = { gitVersion: `v${KUBERNETES_VERSION}`, gitMajor: major, gitMinor: minor };
  const linked = Object.entries(version).map(
    ([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`,
  );
  const args = ["build", "-trimpath", "-ldflags", ["-s -w", ...linked].join(" "), "-o", program, source];
  console.log(`kubernetes: builds ${source} of ${KUBERNETES_VERSION}, which takes minutes once`);
  const { status, error, stderr } = spawnSync("nice", ["-n", "10", goCommand(), ...args], {
    cwd: SOURCES,
    encoding: "utf8",
    timeout: BUILD_MS,
    env: { ...process.env, CGO_ENABLED: "0" },
  });
  if (status === 0) return;
  const said = error?.message ?? stderr.trim().slice(-2_000);
  throw new Error(`go build: ${said}; the modules of go.mod must be reachable, with Go 1.26 or later`);
}

function sourceOf(name: string): string {
  return readFileSync(join(SOURCES, name), "utf8");
}
