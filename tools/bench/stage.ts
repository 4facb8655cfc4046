/** Where everything is measured: a folder of its own, the compiled native programs, the upstream stub, and which core each side has. */

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { anywhere, shareCores } from "./cores.ts";

/** Of Tollgate and of the empty proxy alike. */
export const NODE_FLAGS = ["--max-semi-space-size=8"];

const PROGRAMS = ["cc", "nginx", "redis-server", "taskset", "wrk"];

/** Tollgate as the package has it. */
export const BUILT = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** How much is measured. */
export interface Effort {
  readonly rounds: number;
  /** For one round of one subject; whole, since wrk knows no other. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly isQuick: boolean;
}

export interface Stage {
  readonly folder: string;
  readonly effort: Effort;
  readonly programs: { readonly upstream: string; readonly openLoop: string };
  readonly upstreamPort: number;
  /** How the cores are shared out, in words. */
  readonly cores: string;
  readonly onSubjectCore: (command: readonly string[]) => readonly string[];
  readonly onLoadCore: (command: readonly string[]) => readonly string[];
  readonly stop: () => Promise<void>;
}

/** @throws when something is missing that is needed, with what to do. */
export async function setStage(effort: Effort): Promise<Stage> {
  checkPrograms();
  const folder = mkdtempSync(join(tmpdir(), "tollgate-bench-"));
  const programs = { upstream: compile(folder, "upstream"), openLoop: compile(folder, "open-loop") };
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", removeFolder);
  const { words, onSubjectCore, onLoadCore } = shareCores();
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
  if (!existsSync(BUILT)) throw new Error("dist/main.js: missing; npm run build makes it");
}

/** The same with nothing pinned: for subjects that are to use every core. */
export function onAnyCore(stage: Stage): Stage {
  return { ...stage, onSubjectCore: anywhere, onLoadCore: anywhere };
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
