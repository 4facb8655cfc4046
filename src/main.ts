#!/usr/bin/env node
/** Entry point of `tollgate`: runs the command that the command line names, and exits with its code. */

import {
  EXIT_OK,
  EXIT_USAGE,
  failWith,
  refuseUsage,
  unknownCommandProblem,
  writeHelp,
} from "./commands/cli/command.ts";
import { flushed } from "./commands/cli/flush.ts";
import { COMMANDS, HELP, RUN_HELP } from "./commands/help.ts";
import { runKeys } from "./commands/keys.ts";
import { wordsOf } from "./commands/kubectl-plugin.ts";
import type { WebhookOptions } from "./commands/webhook/options.ts";
import { type GivenFlags, parseRunFlags } from "./commands/run-flags.ts";
import { parseSettings } from "./config/settings/parse-settings.ts";
import {
  type FileSettings,
  readFileSettings,
  type SettingsSources,
} from "./config/settings/given-settings.ts";
import { hasHttpListener, type Settings } from "./config/settings/settings.ts";
import { VERSION } from "./config/version.ts";
import { describeIsolation } from "./sidecar/isolation.ts";
import { type Sidecar, startSidecar } from "./sidecar/sidecar.ts";
import { tuneCollector } from "./sidecar/gc-flags.ts";
import { StartError } from "./sidecar/start-error.ts";
import { isStdio, startStdioSidecar } from "./sidecar/stdio-sidecar.ts";

/** Longest wait of a sidecar that ends for the reader of its output. */
const MAX_FLUSH_MS = 1_000;

tuneCollector();
const words = wordsOf(process);
const exitCode = await main(words);
// A client that does not read must not keep a sidecar from ending.
await flushed([process.stdout, process.stderr], isSidecar(words[0]) ? MAX_FLUSH_MS : Infinity);
process.exit(exitCode);

function isSidecar(command: string | undefined): boolean {
  return isRun(command) || command === "up" || command === "webhook";
}

function isRun(command: string | undefined): boolean {
  return command === undefined || command === "run" || command.startsWith("-");
}

async function main(argv: readonly string[]): Promise<number> {
  const [command, ...rest] = argv;
  if (command === "--version" || command === "version") return writeHelp(process, `tollgate ${VERSION}\n`);
  if (command === "--help" || command === "-h" || command === "help") return writeHelp(process, HELP);
  if (command === "policy") return policy(rest);
  if (command === "audit") return audit(rest);
  if (command === "demo") return demo(rest);
  if (command === "approvals" || command === "freeze" || command === "unfreeze")
    return control(command, rest);
  if (command === "health" || command === "install" || command === "inject") return service(command, rest);
  if (command === "clients") return clients(rest);
  if (command === "kube") return kube(rest);
  if (command === "labels") return (await import("./commands/labels.ts")).runLabels(rest, process);
  if (command === "completion")
    return (await import("./commands/completion.ts")).runCompletion(rest, process);
  if (command === "keys") return runKeys(rest, process);
  if (command === "up") return up(rest);
  // A worker is this program once more.
  if (command === "worker" && process.send !== undefined) return worker(rest);
  if (command === "doctor") return doctor(rest);
  if (command === "webhook") return webhook(rest);
  if (isRun(command)) return run(command === "run" ? rest : argv);
  return refuseUsage(process, "tollgate", [unknownCommandProblem(`${command}`, COMMANDS)]);
}

// Commands are imported on demand: they load the MCP SDK, 10 MB of heap that the sidecar does not need.
async function policy(argv: readonly string[]): Promise<number> {
  const { runPolicy } = await import("./commands/policy.ts");
  return runPolicy(argv, process);
}

async function audit(argv: readonly string[]): Promise<number> {
  const { runAudit } = await import("./commands/audit.ts");
  // A reader such as head may close the pipe early; that is no error.
  process.stdout.on("error", () => process.exit(EXIT_OK));
  return runAudit(argv, process);
}

async function demo(argv: readonly string[]): Promise<number> {
  const { runDemo } = await import("./commands/demo.ts");
  const { stdout, stderr } = process;
  return orStartError(() => runDemo(argv, { startSidecar, stdout, stderr, signal: stopSignal() }));
}

async function control(
  command: "approvals" | "freeze" | "unfreeze",
  argv: readonly string[],
): Promise<number> {
  const io = { stdout: process.stdout, stderr: process.stderr, environment: process.env };
  if (command === "approvals")
    return (await import("./commands/control/approvals.ts")).runApprovals(argv, io);
  return (await import("./commands/control/freeze.ts")).runFreeze(command, argv, io);
}

async function clients(argv: readonly string[]): Promise<number> {
  const { runClients } = await import("./commands/clients.ts");
  const { stdin, stdout, stderr, env: environment } = process;
  return runClients(argv, { stdin, stdout, stderr, environment });
}

async function kube(argv: readonly string[]): Promise<number> {
  const { stdout, stderr, env: environment } = process;
  return (await import("./commands/kube.ts")).runKube(argv, { stdout, stderr, environment });
}

async function service(command: "health" | "install" | "inject", argv: readonly string[]): Promise<number> {
  const io = { stdout: process.stdout, stderr: process.stderr, environment: process.env };
  if (command === "health") return (await import("./commands/health.ts")).runHealth(argv, io);
  if (command === "inject") return (await import("./commands/inject.ts")).runInject(argv, io);
  return (await import("./commands/install.ts")).runInstall(argv, io);
}

async function up(argv: readonly string[]): Promise<number> {
  const { runUp } = await import("./commands/up.ts");
  // A sidecar that the supervisor starts is this program once more.
  const { superviseServers, serveOneServer } = await import("./supervisor/run.ts");
  const { stdout, stderr, env: environment } = process;
  const io = { stdout, stderr, environment, isTerminal: stderr.isTTY, superviseServers, serveOneServer };
  return orStartError(() => runUp(argv, { ...io, signal: stopSignal() }));
}

async function doctor(argv: readonly string[]): Promise<number> {
  const { runDoctor } = await import("./commands/doctor.ts");
  const { stdout, stderr, env: environment } = process;
  return runDoctor(argv, { stdout, stderr, environment, describeIsolation });
}

async function webhook(argv: readonly string[]): Promise<number> {
  const { runWebhook } = await import("./commands/webhook.ts");
  const { serveWebhook } = await import("./webhook/run.ts");
  const { stdout, stderr, env: environment } = process;
  const serve = (options: WebhookOptions): Promise<void> => serveWebhook(options, stopSignal());
  return orStartError(() => runWebhook(argv, { stdout, stderr, environment, serveWebhook: serve }));
}

async function run(argv: readonly string[]): Promise<number> {
  const parsed = parseRunFlags(argv);
  if ("problem" in parsed) return refuseUsage(process, "tollgate", [parsed.problem]);
  if (parsed.isHelp) return writeHelp(process, RUN_HELP);
  const sources = sourcesOf(parsed);
  const file = readFileSettings(sources);
  const settings = parseSettings({ ...sources, file });
  if (!settings.ok) return refuseUsage(process, "tollgate", settings.report);
  const { settings: parsedSettings } = settings;
  return orStartError(() => serve(parsedSettings, { argv, fileValues: file.values, signal: stopSignal() }));
}

function sourcesOf({ flags, command }: GivenFlags): SettingsSources {
  const { env: environment, stderr } = process;
  return { flags, ...(command !== undefined && { command }), environment, isTerminal: stderr.isTTY };
}

/** Serves clients as the supervising process says. */
async function worker(argv: readonly string[]): Promise<number> {
  const { runWorker } = await import("./workers/run.ts");
  const parsed = parseRunFlags(argv);
  await runWorker({
    environment: process.env,
    settingsWith: (values) => {
      if ("problem" in parsed || parsed.isHelp) return undefined;
      const file = { values, problems: [], placeInFile: () => undefined };
      const settings = parseSettings({ ...sourcesOf(parsed), file });
      return settings.ok ? settings.settings : undefined;
    },
  });
  return EXIT_OK;
}

interface Served {
  readonly argv: readonly string[];
  readonly fileValues: FileSettings["values"];
  readonly signal: AbortSignal;
}

/** Runs until the signal, or until the wrapped server ends. Returns the exit code, which is then that of the server. */
async function serve(settings: Settings, { argv, fileValues, signal }: Served): Promise<number> {
  // Install the SIGHUP handler before reporting ready; the default action kills the process.
  const started: { reload?: () => void } = {};
  process.on("SIGHUP", () => started.reload?.());
  if (isStdio(settings)) {
    const wrap = await startStdioSidecar(settings);
    started.reload = wrap.reload;
    void aborted(signal).then(wrap.stop);
    return wrap.ended;
  }
  const sidecar =
    settings.workers === 1 ? await startSidecar(settings) : await startWorkers(settings, argv, fileValues);
  started.reload = sidecar.reload;
  await aborted(signal);
  await sidecar.drain();
  return EXIT_OK;
}

async function startWorkers(
  settings: Settings,
  argv: readonly string[],
  fileValues: FileSettings["values"],
): Promise<Sidecar> {
  // Parsing refuses several workers without a listener.
  if (!hasHttpListener(settings)) throw new StartError(["workers: need a listener"], EXIT_USAGE);
  return (await import("./workers/run.ts")).startWorkers(settings, argv, fileValues);
}

/** The exit code of `work`. A StartError is written to stderr, and its exit code returned. */
async function orStartError(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return failWith(process, error.problems, error.exitCode);
  }
}

/** A signal that the first SIGTERM or SIGINT aborts; the second one exits at once. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(name === "SIGTERM" ? 143 : 130);
      controller.abort();
    });
  }
  return controller.signal;
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve(), { once: true });
  if (signal.aborted) resolve();
  return promise;
}
