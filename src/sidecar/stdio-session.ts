/** One client at our stdin and stdout, and one server as our child process, joined by the relay. */

import type { Settings, UpstreamSettings } from "../config/settings/settings.ts";
import type { LineSink } from "../telemetry/logging/non-blocking-stderr.ts";
import { withoutCredentials } from "../telemetry/audit/redact.ts";
import { type ChildExit, exitCodeOf, startChild } from "../proxy/upstream/child/child.ts";
import { LineOutput, serveLines } from "../proxy/downstream/stdio-server.ts";
import { StdioRelay } from "../proxy/relay/stdio/stdio-relay.ts";
import { errorResponse, INTERNAL_ERROR } from "../mcp/error-response.ts";
import { createRequestIds } from "../proxy/relay/request-ids.ts";
import { createServerRequests } from "../proxy/relay/server-request-rules.ts";
import { OpenTasks } from "../proxy/sessions/open-tasks.ts";
import { lineUpstream } from "../proxy/upstream/stdio.ts";
import { failStart } from "./open-upstream.ts";
import type { Runtime } from "./runtime.ts";

export interface StdioSettings extends Settings {
  readonly upstream: Extract<UpstreamSettings, { kind: "stdio" }>;
  readonly agent: string;
}

/** The process's own pipes. */
export interface Pipes {
  /** The only way to the real stdout. */
  readonly stdout: typeof process.stdout.write;
  readonly stderr: LineSink;
}

export interface StdioState {
  isDraining: boolean;
  isUp: boolean;
}

interface Session {
  /** Resolves with the server's exit code when the server has ended and the client has received every response. */
  readonly ended: Promise<number>;
  readonly stop: () => void;
}

/** From `stop` to SIGTERM. Clients kill us 2 seconds after they ask us to end; 1 more second passes from SIGTERM to SIGKILL. */
const STOP_GRACE_MS = 500;
/** How long unread output may delay our end. */
const MAX_UNREAD_MS = 1_700;

/** Starts the server, and then reads the client. @throws StartError when the server cannot be started. */
export async function openStdioSession(
  settings: StdioSettings,
  runtime: Runtime,
  { stdout, stderr, state }: Pipes & { readonly state: StdioState },
): Promise<Session> {
  const { clock, telemetry } = runtime;
  const { log, metrics } = telemetry;
  const { promise: exited, resolve: onExit } = Promise.withResolvers<ChildExit>();
  const stop = (): void => {
    state.isDraining = true;
    setTimeout(() => output.abandon(), MAX_UNREAD_MS).unref();
    void child.stop(STOP_GRACE_MS);
  };
  const reportUp = (isUp: boolean): void => {
    state.isUp = isUp;
    metrics.upstreamUp(isUp);
  };
  const output = new LineOutput(process.stdout, stop, stdout);
  const onFault = (error: unknown): Promise<void> => {
    log.error({ err: error }, "a message could not be relayed");
    return output.write(errorResponse(502, INTERNAL_ERROR, "Tollgate failed to relay this message").body);
  };
  const tasks = new OpenTasks(clock.steadyMs);
  const relay = new StdioRelay({
    runtime,
    nextId: createRequestIds(),
    agent: { name: settings.agent, source: "flag", verified: true },
    toClient: (line) => output.write(line),
    upstream: lineUpstream((line) => child.send(line)),
    serverRequests: createServerRequests(settings.mode === "shadow" ? {} : settings.serverRequests),
    tasks,
    onDropped: metrics.upstreamLineDropped,
  });
  const child = startChild(
    { ...settings.upstream, maxLineBytes: settings.bounds.listBytes },
    {
      onLine: (line) => relay.fromServer(line).catch(onFault),
      onExit,
      // Security: a server may write a credential that it was given to stderr.
      onStderr: (line) => stderr.write(`${withoutCredentials(line)}\n`),
      onLineDropped: (_cause, id) => void relay.tooLong(id).catch(onFault),
    },
  );
  await child.started.catch(failStart);
  reportUp(true);
  const bounds = { maxBytes: settings.bounds.messageBytes, onFault };
  const read = serveLines(process.stdin, relay, bounds).then(() => {
    state.isDraining = true;
    return child.stop(settings.bounds.drainMs);
  });
  read.catch(onFault);
  const ended = exited.then(async (exit) => {
    reportUp(false);
    log.info(exit, "the wrapped server has ended");
    tasks.closeAll();
    await relay.end(state.isDraining ? "cancelled" : "upstream_error");
    await output.flushed();
    return exitCodeOf(exit);
  });
  return { ended, stop };
}
