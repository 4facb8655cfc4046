/** `tollgate clients status`: the wrapped servers, whether they run, and what their agents did. */

import { columns } from "../cli/columns.ts";
import type { ClientFile, FoundFiles } from "./find-files.ts";
import { type ClientsIo, COMMON_FLAGS_HELP, showFiles, type Shown } from "./request.ts";
import { type RunningServer, runningServer } from "./running.ts";
import { type ClientsState, entryAt } from "./state.ts";
import type { ConfiguredServer } from "./text/servers.ts";
import { flagOf, wrappedCommand } from "./text/wrapped-command.ts";

export const STATUS_HELP = `Usage: tollgate clients status [flags]

Lists the servers that Tollgate stands before: the policy, the admin listener, whether a client runs the server now, and the
calls since it was started. Sends TOLLGATE_ADMIN_TOKEN where it is set.

  --scope user|project|all  whose files are read (all)
${COMMON_FLAGS_HELP}

Examples: tollgate clients status
          tollgate clients status --client claude-code --format json
Exit codes: 0 done, 1 a file cannot be read; 64 bad usage.
`;

/** Returns the exit code. */
export function runStatus(argv: readonly string[], io: ClientsIo): Promise<number> {
  return showFiles(argv, io, { command: "tollgate clients status", help: STATUS_HELP, show: showStatus });
}

async function showStatus(
  { files, problems }: FoundFiles,
  state: ClientsState,
  { environment }: ClientsIo,
): Promise<Shown> {
  const wrapped = files.flatMap((file) =>
    file.servers.flatMap((server) => wrappedServer(file, server, state)),
  );
  const token = environment["TOLLGATE_ADMIN_TOKEN"];
  const servers = await Promise.all(
    wrapped.map(async (server) => ({
      ...server,
      ...(await runningServer(server.admin, server.label, token)),
    })),
  );
  return { lines: statusLines(servers), value: { servers: servers.map(valueOf), problems } };
}

interface WrappedServer {
  readonly file: ClientFile;
  readonly server: ConfiguredServer;
  /** The `server` label; absent where it is not known. */
  readonly label: string | undefined;
  readonly policy: string | undefined;
  readonly admin: string;
}

const DEFAULT_ADMIN = "127.0.0.1:9464";

/** From the command in the file, or for a server at an address from the state. */
function wrappedServer(
  file: ClientFile,
  server: ConfiguredServer,
  state: ClientsState,
): readonly WrappedServer[] {
  if (server.transport === "stdio") {
    const wrapped = wrappedCommand(
      server.command.text,
      server.args.map(({ text }) => text),
    );
    if (wrapped === undefined) return [];
    const [label, policy, admin = DEFAULT_ADMIN] = ["--server", "--policy", "--admin"].map((flag) =>
      flagOf(wrapped, flag),
    );
    return [{ file, server, label, policy, admin }];
  }
  const entry = entryAt(state, file.target, server.path);
  if (server.transport === "unknown" || entry?.kind !== "http" || entry.url !== server.address.text)
    return [];
  const [port = ""] = /\d+$/.exec(entry.admin.replace(/-\d+$/, "")) ?? [];
  return [{ file, server, label: undefined, policy: entry.policy, admin: `127.0.0.1:${port}` }];
}

type ShownServer = WrappedServer & RunningServer;

function statusLines(servers: readonly ShownServer[]): readonly string[] {
  if (servers.length === 0)
    return ["no server is wrapped. See what there is with tollgate clients list, then tollgate clients wrap"];
  const rows = servers.map(({ file, server, policy = "(none)", admin, ...counts }) => {
    const { processes, calls, denied, wouldDeny } = counts;
    const state = processes === 0 ? "stopped" : processes === 1 ? "runs" : `runs ${processes} times`;
    const numbers = processes === 0 ? ["-", "-", "-"] : [calls, denied, wouldDeny].map(String);
    return [file.client.id, server.name, state, ...numbers, admin, policy];
  });
  const head = ["client", "server", "state", "calls", "denied", "would be denied", "admin", "policy"];
  const isRunning = servers.some(({ processes }) => processes > 0);
  const hint = "next: start a client; a wrapped server runs as long as its client does";
  return [...columns([head, ...rows]), ...(isRunning ? [] : ["", hint])];
}

function valueOf({ file, server, policy, admin, ...counts }: ShownServer): object {
  const { processes, calls, denied, wouldDeny } = counts;
  return {
    client: file.client.id,
    file: file.path,
    server: server.name,
    path: server.path,
    transport: server.transport,
    policy: policy ?? null,
    admin,
    processes,
    ...(processes > 0 && { calls, denied, would_be_denied: wouldDeny }),
  };
}
