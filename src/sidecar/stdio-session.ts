/** One client at our stdin and stdout and one server as our child, tied together by the relay. */

import type { Settings, UpstreamSettings } from "../config/settings/settings.ts";
import type { LineSink } from "../telemetry/logging/non-blocking-stderr.ts";
import { withoutCredentials } from "../telemetry/audit/redact.ts";
import { ChildError } from "../proxy/upstream/child/child-error.ts";
import { type ChildExit, exitCodeOf, startChild } from "../proxy/upstream/child/child.ts";
import { LineOutput, serveLines } from "../proxy/downstream/stdio-server.ts";
import { StdioRelay } from "../proxy/relay/stdio-relay.ts";
import { errorAnswer, INTERNAL_ERROR } from "../mcp/error-response.ts";
import { createRequestIds } from "../proxy/relay/request-ids.ts";
import { createServerRequests } from "../proxy/relay/server-request-rules.ts";
import { OpenTasks } from "../proxy/sessions/open-tasks.ts";
import { lineUpstream } from "../proxy/upstream/stdio.ts";
import type { Runtime } from "./runtime.ts";
import { StartError, UNAVAILABLE } from "./start-error.ts";

export interface StdioSettings extends Settings {
  readonly upstream: Extract<UpstreamSettings, { kind: "stdio" }>;
  readonly agent: string;
}

interface SessionParts extends Runtime {
  /** Writes to stdout as nobody else can. */
  readonly stdout: typeof process.stdout.write;
  readonly stderr: LineSink;
  readonly state: { isDraining: boolean; isUp: boolean };
}

interface Session {
  /** The server's exit code, when it has ended and the client has its last answers. */
  readonly ended: Promise<number>;
  readonly stop: () => void;
}

/** Clients kill 2 seconds after they have asked us to end: the server has this long, then 1 second from SIGTERM to SIGKILL. */
const STOP_GRACE_MS = 500;
/** So long a client that does not read may keep us from ending. */
const STUCK_MS = 1_700;

/** Starts the server, and then reads the client. @throws StartError when the server cannot be started. */
export async function openStdioSession(settings: StdioSettings, parts: SessionParts): Promise<Session> {
  const { log, metrics, state, stderr } = parts;
  const { promise: exited, resolve: onExit } = Promise.withResolvers<ChildExit>();
  const stop = (): void => {
    state.isDraining = true;
    setTimeout(() => output.abandon(), STUCK_MS).unref();
    void child.stop(STOP_GRACE_MS);
  };
  const output = new LineOutput(process.stdout, stop, parts.stdout);
  const onFault = (error: unknown): Promise<void> => {
    log.error({ err: error }, "a message could not be relayed");
    return output.write(errorAnswer(502, INTERNAL_ERROR, "Tollgate failed to relay this message").body);
  };
  const tasks = new OpenTasks(parts.clock.steadyMs);
  const relay = new StdioRelay({
    ...parts,
    agent: { name: settings.agent, source: "flag", verified: true },
    nextId: createRequestIds(),
    serverRequests: createServerRequests(settings.mode === "shadow" ? {} : settings.serverRequests),
    tasks,
    toClient: (line) => output.write(line),
    upstream: lineUpstream((line) => child.send(line)),
    onDropped: metrics.upstreamLineDropped,
  });
  const child = startChild(
    { ...settings.upstream, maxLineBytes: settings.bounds.listBytes },
    {
      onLine: (line) => relay.fromServer(line).catch(onFault),
      onExit,
      // Security: a server may say on stderr what it was given in secret.
      onStderr: (line) => stderr.write(`${withoutCredentials(line)}\n`),
      onLineDropped: (_cause, id) => void relay.tooLong(id).catch(onFault),
    },
  );
  await child.started.catch((error: unknown) => {
    throw error instanceof ChildError ? new StartError([error.message], UNAVAILABLE) : error;
  });
  noteUp(parts, true);
  const bounds = { maxBytes: settings.bounds.messageBytes, onFault };
  const read = serveLines(process.stdin, relay, bounds).then(() => {
    state.isDraining = true;
    return child.stop(settings.bounds.drainMs);
  });
  read.catch(onFault);
  const ended = exited.then(async (exit) => {
    noteUp(parts, false);
    log.info(exit, "the wrapped server has ended");
    tasks.closeAll();
    await relay.end(state.isDraining ? "cancelled" : "upstream_error");
    await output.flushed();
    return exitCodeOf(exit);
  });
  return { ended, stop };
}

function noteUp({ metrics, state }: SessionParts, isUp: boolean): void {
  state.isUp = isUp;
  metrics.upstreamUp(isUp);
}
