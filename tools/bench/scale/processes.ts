/** The two programs of a measurement: the built sidecar, and the server behind it. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePorts } from "../../../test/fixtures/free-port.ts";
import type { ProbeRequest, ProbeReading } from "./probe.ts";
import type { StubCommand } from "./stub.ts";

const MAIN = fileURLToPath(new URL("../../../dist/main.js", import.meta.url));
const STUB = fileURLToPath(new URL("stub.ts", import.meta.url));
const PROBE = import.meta.resolve("./probe.ts");
const DESCRIPTORS = 16_384;
const POLL_MS = 2;

export interface Stub {
  readonly url: string;
  /** Sends a command and waits until it is done. */
  readonly send: (order: StubCommand) => Promise<void>;
}

export interface BuiltSidecar {
  readonly url: string;
  readonly adminUrl: string;
  /** Time from the start of the process to its ready line. */
  readonly readyMs: number;
  readonly readProbe: (question?: Partial<ProbeRequest>) => Promise<ProbeReading>;
  /** Peak resident memory. */
  readonly peakBytes: () => number;
}

/** Runs `work` with both programs and ends them afterwards. */
export async function withSidecar<T>(
  options: { readonly policy?: object; readonly config?: object },
  work: (sidecar: BuiltSidecar, stub: Stub) => Promise<T>,
): Promise<T> {
  if (!existsSync(MAIN)) throw new Error(`${MAIN}: is not there; run npm run build first`);
  const folder = mkdtempSync(join(tmpdir(), "tollgate-scale-"));
  const started: ChildProcess[] = [];
  try {
    const stub = await startStub(started);
    return await work(await startSidecar(stub.url, writeFiles(folder, options), started), stub);
  } finally {
    await Promise.all(started.map(end));
    rmSync(folder, { recursive: true });
  }
}

async function startStub(started: ChildProcess[]): Promise<Stub> {
  const child = launch([STUB], started);
  const [{ port }] = await once(child, "message");
  const order = async (given: StubCommand): Promise<void> => {
    const done = once(child, "message");
    child.send(given);
    await done;
  };
  return { url: `http://127.0.0.1:${port}/mcp`, send: order };
}

/** Flags of the sidecar; the audit log is on, as in production. */
function writeFiles(folder: string, { policy, config }: { policy?: object; config?: object }): string[] {
  const files = { policy: join(folder, "policy.json"), config: join(folder, "config.yaml") };
  writeFileSync(files.policy, JSON.stringify(policy ?? { version: "1", default: "allow" }));
  // JSON is YAML.
  writeFileSync(files.config, JSON.stringify(config ?? {}));
  return ["--policy", files.policy, "--config", files.config, "--audit", join(folder, "audit.jsonl")];
}

async function startSidecar(
  upstream: string,
  flags: readonly string[],
  started: ChildProcess[],
): Promise<BuiltSidecar> {
  const [port, admin] = await freePorts(2);
  const addresses = ["--listen", `127.0.0.1:${port}`, "--admin", `127.0.0.1:${admin}`];
  const startedMs = performance.now();
  const args = ["--upstream", upstream, ...addresses, "--log-level", "silent", ...flags];
  const child = launch(["--expose-gc", "--import", PROBE, MAIN, ...args], started);
  const adminUrl = `http://127.0.0.1:${admin}`;
  while (!(await isReady(adminUrl))) {
    if (child.exitCode !== null) throw new Error("the sidecar ended before it was ready");
    await pause(POLL_MS);
  }
  const readyMs = performance.now() - startedMs;
  const usage = async (question: Partial<ProbeRequest> = {}): Promise<ProbeReading> => {
    const answer = once(child, "message");
    child.send({ isCollected: false, isWatched: false, ...question });
    const [told] = await answer;
    return told;
  };
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    adminUrl,
    readyMs,
    readProbe: usage,
    peakBytes: () => peakBytesOf(child),
  };
}

/** The shell replaces itself by the program, with enough descriptors for thousands of streams. */
function launch(args: readonly string[], started: ChildProcess[]): ChildProcess {
  const command = `ulimit -n ${DESCRIPTORS}; exec "$0" "$@"`;
  const child = spawn("sh", ["-c", command, process.execPath, ...args], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  started.push(child);
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

function isReady(adminUrl: string): Promise<boolean> {
  return fetch(`${adminUrl}/readyz`).then(
    async (response) => {
      await response.arrayBuffer();
      return response.ok;
    },
    () => false,
  );
}

function peakBytesOf({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB/m.exec(status) ?? [];
  if (kibibytes === undefined) throw new Error("the system does not tell peak memory");
  return Number(kibibytes) * 1_024;
}
