/** What the figures were measured on, and with which versions. */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import peers from "../peers/package.json" with { type: "json" };

export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryMb: number;
  readonly kernel: string;
  /** Over the minute, five and fifteen before the start: what else the machine did. */
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

/** By name; each program says its own. */
export function describeVersions(): Readonly<Record<string, string>> {
  return {
    tollgate: versionIn("../../../package.json"),
    commit: saidBy("git", ["describe", "--always", "--dirty"]).trim(),
    node: process.versions.node,
    nginx: /nginx\/(\S+)/.exec(saidBy("nginx", ["-v"]))?.[1] ?? "unknown",
    wrk: /wrk (\S+)/.exec(saidBy("wrk", ["-v"]))?.[1] ?? "unknown",
    redis: /v=(\S+)/.exec(saidBy("redis-server", ["--version"]))?.[1] ?? "unknown",
    cc: saidBy("cc", ["--version"]).split("\n")[0] ?? "unknown",
    "@modelcontextprotocol/sdk": versionIn("../../../node_modules/@modelcontextprotocol/sdk/package.json"),
    ...PEERS,
  };
}

/** Pinned exactly; what is installed is what stands there. */
const PEERS: Readonly<Record<string, string>> = peers.dependencies;

function versionIn(file: string): string {
  return /"version": "([^"]+)"/.exec(readFileSync(new URL(file, import.meta.url), "utf8"))?.[1] ?? "unknown";
}

/** Some say it on stderr, and end with 1. */
function saidBy(program: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(program, args, { encoding: "utf8", cwd: import.meta.dirname });
  return `${stdout}${stderr}`;
}
