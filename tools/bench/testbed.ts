/** The testbed of a run: a temporary folder, the compiled native programs, the upstream stub, and a core for each side. */

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { unpinned, assignCores } from "./cores.ts";

/** Flags of Tollgate and of the empty proxy. */
export const NODE_FLAGS = ["--max-semi-space-size=8"];

const PROGRAMS = ["cc", "nginx", "redis-server", "taskset", "wrk"];

/** The `main.js` that the package ships. */
export const BUILT_MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** How long and how often each subject is measured. */
export interface Effort {
  readonly rounds: number;
  /** Seconds of one round of one subject; a whole number, because wrk accepts no other. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly isQuick: boolean;
}

export interface Testbed {
  readonly folder: string;
  readonly effort: Effort;
  readonly programs: { readonly upstream: string; readonly openLoop: string };
  readonly upstreamPort: number;
  /** How the cores are assigned, in words. */
  readonly cores: string;
  readonly onSubjectCore: (command: readonly string[]) => readonly string[];
  readonly onLoadCore: (command: readonly string[]) => readonly string[];
  readonly stop: () => Promise<void>;
}

/** Builds the testbed. @throws when a program is missing; the message says how to install it */
export async function buildTestbed(effort: Effort): Promise<Testbed> {
  checkPrograms();
  const folder = mkdtempSync(join(tmpdir(), "tollgate-bench-"));
  const programs = { upstream: compile(folder, "upstream"), openLoop: compile(folder, "open-loop") };
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", removeFolder);
  const { description: words, onSubjectCore, onLoadCore } = assignCores();
  const upstream = await startUpstream(onLoadCore([programs.upstream]));
  return {
    folder,
    effort,
    programs,
    upstreamPort: upstream.port,
    cores: words,
    onSubjectCore,
    onLoadCore,
    stop: async () => {
      await upstream.stop();
      removeFolder();
      process.off("exit", removeFolder);
    },
  };
}

function checkPrograms(): void {
  const missing = PROGRAMS.filter((program) => spawnSync("which", [program]).status !== 0);
  if (missing.length > 0) throw new Error(`${missing.join(", ")}: missing; npm run setup:system installs it`);
  if (!existsSync(BUILT_MAIN)) throw new Error("dist/main.js: missing; npm run build makes it");
}

/** Returns the testbed without pinning, for subjects that use every core. */
export function onEveryCore(testbed: Testbed): Testbed {
  return { ...testbed, onSubjectCore: unpinned, onLoadCore: unpinned };
}

function compile(folder: string, name: string): string {
  const program = join(folder, name);
  const source = fileURLToPath(new URL(`native/${name}.c`, import.meta.url));
  execFileSync("cc", ["-O2", "-o", program, source], { stdio: "inherit" });
  return program;
}

interface RunningUpstream {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

async function startUpstream([program = "", ...args]: readonly string[]): Promise<RunningUpstream> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  const endWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", endWithUs);
  const exited = once(child, "exit");
  let isStopping = false;
  void exited.then(([code, signal]) => {
    if (!isStopping) process.stderr.write(`the upstream stub ended by itself: ${code ?? signal}\n`);
  });
  const [line]: unknown[] = await once(createInterface(child.stdout), "line");
  const stop = async (): Promise<void> => {
    isStopping = true;
    child.kill("SIGKILL");
    await exited;
    process.off("exit", endWithUs);
  };
  return { port: Number(line), stop };
}
