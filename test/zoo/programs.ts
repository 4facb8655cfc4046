/** Programs of the zoo as processes: servers, clients and Tollgate. Each ends with the process that started it. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** A program, its arguments, and variables added to the environment of this process. */
export interface Command {
  readonly words: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export interface RunningProgram {
  /** The end of its stderr so far, for a message about a failure. */
  readonly stderr: () => string;
  readonly stop: () => Promise<void>;
}

const READY_WITHIN_MS = 60_000;
const POLL_MS = 20;
const ENDS_WITHIN_MS = 5_000;
const LONGEST_STDERR = 4_000;

/** Starts a program that listens, and waits until its port accepts a connection. */
export async function startListening(command: Command, port: number): Promise<RunningProgram> {
  const child = spawnGroup(command);
  const stderr = collected(child.stderr);
  const program = { stderr: () => stderr().slice(-LONGEST_STDERR), stop: () => stopGroup(child) };
  const endsAt = performance.now() + READY_WITHIN_MS;
  while (!(await accepts(port))) {
    if (child.exitCode !== null || performance.now() > endsAt) {
      await program.stop();
      throw new Error(`${command.words.join(" ")}: does not listen on ${port}\n${program.stderr()}`);
    }
    await delay(POLL_MS);
  }
  return program;
}

/** Runs a program to its end and returns its output. @throws Error with its last words when it fails or takes too long. */
export async function outputOf(command: Command, withinMs: number): Promise<string> {
  const child = spawnGroup(command);
  const stdout = collected(child.stdout);
  const stderr = collected(child.stderr);
  const timer = setTimeout(() => signalGroup(child, "SIGKILL"), withinMs);
  const [code] = (await once(child, "close")) as [number | null];
  clearTimeout(timer);
  signalGroup(child, "SIGKILL");
  if (code === 0) return stdout();
  const how = code === null ? `took more than ${withinMs / 1000} s` : `exit ${code}`;
  throw new Error(`${how} after\n${stdout().slice(-LONGEST_STDERR / 4)}\n${stderr().slice(-LONGEST_STDERR)}`);
}

/** A group of its own, so that what the program starts ends with it. */
function spawnGroup({ words: [program = "", ...args], environment }: Command): ChildProcess {
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
    detached: true,
  });
  child.on("error", (error) => child.stderr?.push(String(error)));
  groups.add(child);
  return child;
}

const groups = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of groups) signalGroup(child, "SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

async function stopGroup(child: ChildProcess): Promise<void> {
  const exited =
    child.exitCode === null && child.signalCode === null ? once(child, "exit") : Promise.resolve();
  signalGroup(child, "SIGTERM");
  const timer = setTimeout(() => signalGroup(child, "SIGKILL"), ENDS_WITHIN_MS);
  await exited;
  clearTimeout(timer);
  signalGroup(child, "SIGKILL");
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.exitCode !== null) groups.delete(child);
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // The group has ended.
  }
}

function collected(stream: ChildProcess["stdout"]): () => string {
  let text = "";
  stream?.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  return () => text;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
