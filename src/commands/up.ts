/** `tollgate up`: the sidecars of several servers from one file. */

import { serversSchema } from "../config/up/servers-schema.ts";
import type { ServersSources } from "../config/up/servers-file.ts";
import { readArguments, refuseUsage, writeHelp, writeJson, EXIT_OK } from "./cli/command.ts";
import type { ControlCommandIo } from "./control/admin-client.ts";
import { checkServers } from "./up/check.ts";
import { runStatus } from "./up/status.ts";
import { UP_HELP } from "./up/up-help.ts";

/** The parts that the composition root passes in. */
export interface UpIo extends ControlCommandIo {
  readonly isTerminal: boolean;
  /** Aborted by the first signal to end. */
  readonly signal: AbortSignal;
  /** Runs until the signal. */
  readonly superviseServers: (sources: ServersSources, signal: AbortSignal) => Promise<void>;
  /** In a process that the supervisor has started: serves one server. Undefined without a supervisor. */
  readonly serveOneServer: (signal: AbortSignal) => Promise<void> | undefined;
}

const DEFAULT_FILE = "servers.yaml";
const COMMAND = "tollgate up";

const FLAGS = {
  admin: { type: "string" },
  "log-level": { type: "string" },
  "log-format": { type: "string" },
  check: { type: "boolean", default: false },
  schema: { type: "boolean", default: false },
  // Of the processes that the supervisor starts.
  sidecar: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** Returns the exit code. @throws StartError */
export async function runUp(argv: readonly string[], io: UpIo): Promise<number> {
  if (argv[0] === "status") return runStatus(argv.slice(1), io);
  const read = readArguments(argv, FLAGS);
  if (!read.ok) return refuseUsage(io, COMMAND, [read.problem]);
  const { help, schema, check, sidecar, ...given } = read.values;
  if (help === true) return writeHelp(io, UP_HELP);
  if (sidecar !== undefined) return serveOne(io);
  if (schema) {
    writeJson(io, serversSchema());
    return EXIT_OK;
  }
  const [path = DEFAULT_FILE, extra] = read.positionals;
  if (extra !== undefined) return refuseUsage(io, COMMAND, [`unexpected \`${extra}\``]);
  if (read.server.length > 0) return refuseUsage(io, COMMAND, [NO_COMMAND]);
  const flags = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const { environment, isTerminal } = io;
  const sources = { path, flags, environment, isTerminal };
  if (check) return checkServers(sources, io);
  await io.superviseServers(sources, io.signal);
  return EXIT_OK;
}

const NO_COMMAND = "the commands of servers are in the file: servers: { NAME: { command: [...] } }";

async function serveOne(io: UpIo): Promise<number> {
  const served = io.serveOneServer(io.signal);
  if (served === undefined)
    return refuseUsage(io, COMMAND, ["--sidecar: is for the processes that tollgate up starts itself"]);
  await served;
  return EXIT_OK;
}
