/** Describes the machine of a measurement and the versions of all programs. */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import peers from "../peers/package.json" with { type: "json" };

export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryMb: number;
  readonly kernel: string;
  /** Load average over one, five and fifteen minutes before the start. */
  readonly loadAtStart: readonly number[];
}

export function describeMachine(): Machine {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? "unknown",
    memoryMb: Math.round(totalmem() / 1024 / 1024),
    kernel: release(),
    loadAtStart: loadavg(),
  };
}

/** Versions by program name; each program reports its own. */
export function describeVersions(): Readonly<Record<string, string>> {
  return {
    tollgate: versionIn("../../../package.json"),
    commit: outputOf("git", ["describe", "--always", "--dirty"]).trim(),
    node: process.versions.node,
    nginx: /nginx\/(\S+)/.exec(outputOf("nginx", ["-v"]))?.[1] ?? "unknown",
    wrk: /wrk (\S+)/.exec(outputOf("wrk", ["-v"]))?.[1] ?? "unknown",
    redis: /v=(\S+)/.exec(outputOf("redis-server", ["--version"]))?.[1] ?? "unknown",
    cc: outputOf("cc", ["--version"]).split("\n")[0] ?? "unknown",
    "@modelcontextprotocol/sdk": versionIn("../../../node_modules/@modelcontextprotocol/sdk/package.json"),
    ...PEERS,
  };
}

/** Versions are pinned exactly, so the manifest states the installed one. */
const PEERS: Readonly<Record<string, string>> = peers.dependencies;

function versionIn(file: string): string {
  return /"version": "([^"]+)"/.exec(readFileSync(new URL(file, import.meta.url), "utf8"))?.[1] ?? "unknown";
}

/** Some programs print their version on stderr and exit with 1. */
function outputOf(program: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(program, args, { encoding: "utf8", cwd: import.meta.dirname });
  return `${stdout}${stderr}`;
}
