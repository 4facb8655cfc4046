/** Containers under runc, as a kubelet has them made: a root that cannot be written, any user, no capability, a memory limit. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { atEnd, temporaryFolder } from "../../fixtures/lifetime.ts";
import { until } from "../../fixtures/start-sidecar.ts";
import { requireProgram } from "../../fixtures/system-program.ts";
import type { Image } from "./image.ts";

export interface ContainerOptions {
  readonly image: Image;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** User and group. */
  readonly user: number;
  /** In bytes. */
  readonly memory?: number;
  /** Folders of this machine by their path in the container; they can be written. */
  readonly volumes?: Readonly<Record<string, string>>;
  /** Folders that cannot be written. */
  readonly readOnly?: Readonly<Record<string, string>>;
  /** The pid of a process whose process namespace is shared; absent: one of its own. */
  readonly processesOf?: number;
}

export interface Container {
  /** The pid of its first process, as this machine counts. */
  readonly pid: number;
  /** The text of its stdout and stderr. */
  readonly log: () => string;
  readonly exitCode: Promise<number | null>;
  /** The exit code of a further process in it. */
  readonly exec: (...args: readonly string[]) => number | null;
  readonly signal: (name: "TERM" | "KILL") => void;
  /** The most memory that it had, in bytes. */
  readonly peakMemory: () => number;
}

/** Why no container can run here; undefined when one can. */
export function containerObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return "not root";
  return existsSync("/sys/fs/cgroup/memory") || existsSync("/sys/fs/cgroup/cgroup.controllers")
    ? undefined
    : "no cgroups";
}

/** Runs a container to its end. @throws when it fails */
export async function runContainer(options: ContainerOptions): Promise<void> {
  const { child, log } = create(options);
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.once("exit", resolve);
  const code = await promise;
  if (code !== 0) throw new Error(`${options.args.join(" ")}: ended with ${code}: ${log()}`);
}

/** Starts a container, and kills it at the end of the test or the file. */
export async function startContainer(options: ContainerOptions): Promise<Container> {
  const { child, log, id, runc, pidFile } = create(options);
  const { promise: exitCode, resolve } = Promise.withResolvers<number | null>();
  child.once("exit", resolve);
  await until(() => {
    if (child.exitCode !== null) throw new Error(`${options.args.join(" ")}: ended: ${log()}`);
    return existsSync(pidFile) && readFileSync(pidFile, "utf8") !== "";
  });
  const signal = (name: "TERM" | "KILL"): void => void spawnSync("runc", [...runc, "kill", id, name]);
  atEnd(async () => {
    if (child.exitCode !== null) return;
    signal("KILL");
    await exitCode;
  });
  return {
    pid: Number(readFileSync(pidFile, "utf8")),
    log,
    exitCode,
    exec: (...args) => spawnSync("runc", [...runc, "exec", id, ...args]).status,
    signal,
    peakMemory: () => peakMemory(id),
  };
}

interface Created {
  readonly child: ChildProcess;
  readonly log: () => string;
  readonly id: string;
  /** The flags of each command about it. */
  readonly runc: readonly string[];
  readonly pidFile: string;
}

function create(options: ContainerOptions): Created {
  const folder = temporaryFolder();
  const id = `tollgate-test-${randomBytes(6).toString("hex")}`;
  writeFileSync(join(folder, "config.json"), JSON.stringify(specification(id, options)));
  const runc = ["--root", join(folder, "runc")];
  const pidFile = join(folder, "pid");
  const args = [...runc, "run", "--bundle", folder, "--pid-file", pidFile, id];
  const child = spawn(requireProgram("runc"), args, { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (part: string) => (text += part));
  return { child, log: () => text, id, runc, pidFile };
}

const KEPT_FROM_PROC = ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"];

/** The configuration of the OCI runtime specification, version 1.0. The network is this machine's, so that the tests reach the container. */
function specification(id: string, options: ContainerOptions): object {
  const { image, args, env = {}, user, memory, volumes = {}, readOnly = {}, processesOf } = options;
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const none: string[] = [];
  const capabilities = Object.fromEntries(
    ["bounding", "effective", "inheritable", "permitted", "ambient"].map((set) => [set, none]),
  );
  const processes = processesOf === undefined ? {} : { path: `/proc/${processesOf}/ns/pid` };
  return {
    ociVersion: "1.0.2",
    process: {
      user: { uid: user, gid: user },
      args,
      env: [...image.env, ...variables],
      cwd: "/",
      capabilities,
      noNewPrivileges: true,
    },
    root: { path: image.root, readonly: true },
    hostname: "pod",
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755", "size=64k"] },
      ...Object.entries(volumes).map(([to, from]) => bind(from, to, "rw")),
      ...Object.entries(readOnly).map(([to, from]) => bind(from, to, "ro")),
    ],
    linux: {
      namespaces: [{ type: "pid", ...processes }, { type: "mount" }, { type: "ipc" }, { type: "uts" }],
      cgroupsPath: `/${id}`,
      resources: memory === undefined ? {} : { memory: { limit: memory } },
      maskedPaths: KEPT_FROM_PROC,
      readonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys"],
    },
  };
}

function bind(source: string, destination: string, mode: "rw" | "ro"): object {
  return { destination, type: "bind", source, options: ["rbind", mode, "nosuid", "nodev"] };
}

function peakMemory(id: string): number {
  const first = join("/sys/fs/cgroup/memory", id, "memory.max_usage_in_bytes");
  const file = existsSync(first) ? first : join("/sys/fs/cgroup", id, "memory.peak");
  return Number(readFileSync(file, "utf8"));
}

/** The lines of /proc/PID/status, by their names. */
export function processStatus(pid: number): Readonly<Record<string, string>> {
  const lines = readFileSync(`/proc/${pid}/status`, "utf8").trim().split("\n");
  return Object.fromEntries(lines.map((line) => line.split(":\t", 2) as [string, string]));
}
