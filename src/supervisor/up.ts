/** The composition root of `tollgate up`: reads the file, opens the admin listener, starts the servers, applies a reload. */

import { createUpPages } from "../admin/up-pages.ts";
import {
  readServersFile,
  serverEnvironment,
  type ServersFile,
  type ServersSources,
} from "../config/up/servers-file.ts";
import { closeListener } from "../proxy/http/listener.ts";
import { servedHosts, servesHost } from "../proxy/downstream/request-checks.ts";
import { accessOf } from "../sidecar/admin-sources.ts";
import { createAdminServer } from "../sidecar/admin-listener.ts";
import { loadAdminCredentials } from "../sidecar/identity/credentials.ts";
import { BAD_USAGE, bind, StartError } from "../sidecar/start-error.ts";
import { createLog, type Log } from "../telemetry/logging/log.ts";
import { boundedStderr, type LineSink } from "../telemetry/logging/non-blocking-stderr.ts";
import { labelledLine } from "./output-lines.ts";
import { Servers } from "./servers.ts";
import { processStarter, type StartProcess } from "./start-process.ts";

export interface Up {
  /** The admin listener of the supervisor, without a slash at the end. */
  readonly adminUrl: string;
  /** Handles SIGHUP: applies the file as it is now, and makes every sidecar read its files. Resolves when it is done. */
  readonly reload: () => Promise<void>;
  /** Drains every sidecar, then stops. */
  readonly drain: () => Promise<void>;
}

export interface UpOptions {
  /** Absent: real processes. */
  readonly startProcess?: StartProcess;
  /** Absent: stderr. */
  readonly stderr?: LineSink;
}

/** @throws StartError when the file has a problem, or the admin listener cannot be bound */
export async function startUp(sources: ServersSources, options: UpOptions = {}): Promise<Up> {
  const { own, servers: given } = read(sources);
  const stderr = options.stderr ?? boundedStderr();
  const log = createLog({ level: own.logLevel, format: own.logFormat, destination: stderr });
  const credentials = loadAdminCredentials(own);
  const servers = new Servers({
    startProcess: options.startProcess ?? startRealProcesses(sources, own.logFormat, stderr),
    log,
    later: (call, ms) => {
      const timer = setTimeout(call, ms);
      return () => clearTimeout(timer);
    },
    nowMs: Date.now,
  });
  const state: FileState = { loadedAtMs: Date.now(), problems: [] };
  const hosts = servedHosts(own.admin.host, own.allowedHosts);
  const pages = createUpPages({
    servers: async () => ({
      file: sources.path,
      loaded_at: new Date(state.loadedAtMs).toISOString(),
      file_problems: state.problems,
      servers: await servers.entries(),
    }),
    notReadyReasons: async () =>
      (await servers.entries()).flatMap(({ name, because }) => because.map((reason) => `${name}: ${reason}`)),
    renderMetrics: (accept) => servers.renderMetrics(accept, state.problems.length === 0),
    servesHost: (host, localAddress) => servesHost(hosts, host, localAddress),
    access: accessOf(own, credentials, (refusal) => log.warn(refusal, "an admin request was refused")),
  });
  const admin = createAdminServer(credentials.tls.options, pages);
  const adminUrl = await bind(admin, own.admin, "--admin", credentials.tls.scheme);
  const stopWatch = credentials.start(admin, log);
  log.info(
    { adminUrl, file: sources.path, servers: given.map(({ name }) => name) },
    "tollgate up is running",
  );
  await servers.apply(given);
  return {
    adminUrl,
    reload: () => reload(sources, { servers, state, log }),
    drain: async () => {
      log.info("draining");
      await servers.stop();
      stopWatch();
      await closeListener(admin, 0);
    },
  };
}

/** The result of the last reading of the file. */
interface FileState {
  loadedAtMs: number;
  problems: readonly string[];
}

function read(sources: ServersSources): ServersFile {
  const reading = readServersFile(sources);
  if (!reading.ok) throw new StartError(reading.problems, BAD_USAGE);
  return reading.file;
}

interface ReloadParts {
  readonly servers: Servers;
  readonly state: FileState;
  readonly log: Log;
}

/** A file with a problem changes nothing; the sidecars read their own files in any case. */
async function reload(sources: ServersSources, { servers, state, log }: ReloadParts): Promise<void> {
  const reading = readServersFile(sources);
  servers.reload();
  state.problems = reading.ok ? [] : reading.problems;
  if (!reading.ok) {
    log.error({ problems: reading.problems }, "the file was not reloaded; the last good one stays in force");
    return;
  }
  state.loadedAtMs = Date.now();
  log.info({ ...(await servers.apply(reading.file.servers)) }, "the file is reloaded");
}

function startRealProcesses(
  { environment }: ServersSources,
  format: "json" | "pretty",
  stderr: LineSink,
): StartProcess {
  return processStarter(serverEnvironment(environment), {
    stdout: (line) => process.stdout.write(`${line}\n`),
    stderr: (name, line) => stderr.write(labelledLine(name, line, format)),
  });
}
