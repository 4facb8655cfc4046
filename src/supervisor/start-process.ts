/** Starts the process of one sidecar, with an IPC channel, and passes its output on. */

import { type ChildProcess, spawn } from "node:child_process";
import { isSea } from "node:sea";
import { createInterface } from "node:readline";
import type { Environment } from "../config/settings/child-environment.ts";
import type { FromSidecar, ToSidecar } from "./messages.ts";

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProcessEvents {
  readonly onMessage: (message: FromSidecar) => void;
  /** Called once, after the last message and the last line. */
  readonly onEnd: (end: ProcessEnd) => void;
}

export interface SidecarProcess {
  readonly pid: number | undefined;
  /** A message to a process that has ended is dropped. */
  readonly send: (message: ToSidecar) => void;
  readonly kill: () => void;
}

export type StartProcess = (name: string, events: ProcessEvents) => SidecarProcess;

export interface OutputSinks {
  /** One line of a sidecar's stdout, such as of `audit: -`, without its line break. */
  readonly stdout: (line: string) => void;
  readonly stderr: (name: string, line: string) => void;
}

/** The command line of one sidecar's process: this program once more. */
function commandLine(name: string): readonly [string, readonly string[]] {
  const own = ["up", "--sidecar", name];
  if (isSea()) return [process.execPath, own];
  return [process.execPath, [...process.execArgv, process.argv[1] ?? "", ...own]];
}

export function processStarter(environment: Environment, sinks: OutputSinks): StartProcess {
  return (name, { onMessage, onEnd }) => {
    const [command, args] = commandLine(name);
    const child = spawn(command, args, {
      env: environment,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      // A group of its own: Ctrl-C reaches the supervisor, which drains each sidecar once.
      detached: true,
    });
    eachLine(child.stdout, sinks.stdout);
    eachLine(child.stderr, (line) => sinks.stderr(name, line));
    child.on("message", (message) => onMessage(message as FromSidecar));
    const end = once(onEnd);
    child.once("error", (error) => {
      sinks.stderr(name, `the process cannot be started: ${error.message}`);
      if (child.pid === undefined) end({ code: null, signal: null });
    });
    child.once("close", (code, signal) => end({ code, signal }));
    return {
      pid: child.pid,
      send: (message) => sendTo(child, message),
      kill: () => child.kill("SIGKILL"),
    };
  };
}

function sendTo(child: ChildProcess, message: ToSidecar): void {
  // The channel may close between the check and the write; the end of the process is reported in any case.
  if (child.connected) child.send(message, () => undefined);
}

function eachLine(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream }).on("line", onLine);
}

function once(call: (end: ProcessEnd) => void): (end: ProcessEnd) => void {
  let isDone = false;
  return (end) => {
    if (!isDone) call(end);
    isDone = true;
  };
}
