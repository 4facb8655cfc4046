/** Starts the processes of workers by node:cluster, and runs one of them. */

import cluster from "node:cluster";
import { isSea } from "node:sea";
import { hasHttpListener, type HttpSettings, type Settings } from "../config/settings/settings.ts";
import { StartError, UNAVAILABLE } from "../sidecar/start-error.ts";
import { Channel } from "./channel.ts";
import type { FromWorker, StartMessage, ToWorker } from "./messages.ts";
import type { StartProcess } from "./pool.ts";
import { type Primary, startPrimary } from "./primary.ts";
import { startWorker } from "./worker.ts";

/** The word before the arguments of a worker: those of the sidecar itself. */
export const WORKER_COMMAND = "worker";

/** Serves with `settings.workers` processes. @throws StartError */
export function startWorkers(
  settings: HttpSettings,
  argv: readonly string[],
  fileValues: Readonly<Record<string, unknown>>,
): Promise<Primary> {
  return startPrimary(settings, { size: settings.workers, fileValues, startProcess: clusterStarter(argv) });
}

function clusterStarter(argv: readonly string[]): StartProcess {
  // A single executable has no script: its first argument is the command.
  const [exec, args] = isSea()
    ? [WORKER_COMMAND, [...argv]]
    : [process.argv[1] ?? "", [WORKER_COMMAND, ...argv]];
  cluster.setupPrimary({ exec, args, execArgv: process.execArgv, serialization: "json" });
  return ({ onMessages, onEnd }) => {
    const worker = cluster.fork();
    worker.on("message", (batch: readonly FromWorker[]) => onMessages(batch));
    // After the last message, where `exit` may come before it.
    worker.process.once("close", (code: number | null, signal: string | null) => onEnd({ code, signal }));
    worker.process.once("error", () => undefined);
    return {
      pid: worker.process.pid,
      kill: () => worker.process.kill("SIGKILL"),
      send: (batch, onSent) => {
        if (worker.isConnected()) worker.process.send?.([...batch], undefined, undefined, onSent);
        else onSent();
      },
    };
  };
}

export interface WorkerRun {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The settings of the sidecar, given what its file had at its start. Undefined when they are no longer valid. */
  readonly settingsWith: (fileValues: Readonly<Record<string, unknown>>) => Settings | undefined;
}

/** Serves as the supervising process says, until it says so. Undefined without such a process. */
export function runWorker({ environment, settingsWith }: WorkerRun): Promise<void> | undefined {
  if (process.send === undefined) return undefined;
  // Security: a worker without its primary has no limits and no audit log; node:cluster ends it with the channel.
  // The primary drains each worker once.
  for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(name, () => undefined);
  const channel = new Channel<FromWorker>({ send: sendToPrimary });
  return run(channel, { environment, settingsWith });
}

function sendToPrimary(batch: readonly unknown[], onSent: () => void): void {
  process.send?.([...batch], undefined, undefined, onSent);
}

async function run(channel: Channel<FromWorker>, { environment, settingsWith }: WorkerRun): Promise<void> {
  const started = Promise.withResolvers<StartMessage>();
  let early: ToWorker[] = [];
  let onMessage: ((message: ToWorker) => void) | undefined;
  process.on("message", (batch: readonly ToWorker[]) => {
    for (const message of batch) {
      if (message.kind === "start") started.resolve(message);
      else if (onMessage === undefined) early.push(message);
      else onMessage(message);
    }
  });
  const receive = (given: (message: ToWorker) => void): void => {
    onMessage = given;
    for (const message of early) given(message);
    early = [];
  };
  try {
    const start = await started.promise;
    const settings = settingsWith(start.fileValues);
    if (settings === undefined || !hasHttpListener(settings))
      throw new StartError(["the settings of this sidecar are no longer valid"], UNAVAILABLE);
    const worker = await startWorker(settings, { channel, start, environment, receive });
    channel.send({ kind: "up", url: worker.url });
    await worker.ended;
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    channel.send({ kind: "failed", problems: error.problems, exitCode: error.exitCode });
    await channel.flush();
  }
}
