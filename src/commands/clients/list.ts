/** `tollgate clients list`: the clients on this machine with their servers. */

import { columns } from "../cli/columns.ts";
import type { ClientFile, FoundFiles } from "./find-files.ts";
import { isWrapped } from "./plan-wrap.ts";
import { type ClientsIo, COMMON_FLAGS_HELP, showFiles } from "./request.ts";
import type { ClientsState } from "./state.ts";

export const LIST_HELP = `Usage: tollgate clients list [flags]

Lists the MCP clients on this machine: their files, the servers in them, how each is reached, and whether Tollgate stands
before it. Changes nothing.

  --scope user|project|all  whose files are read (all)
${COMMON_FLAGS_HELP}

Examples: tollgate clients list
          tollgate clients list --client vscode --format json
Exit codes: 0 done, 1 a file cannot be read; 64 bad usage.
`;

/** Returns the exit code. */
export function runList(argv: readonly string[], io: ClientsIo): Promise<number> {
  return showFiles(argv, io, {
    command: "tollgate clients list",
    help: LIST_HELP,
    show: (found, state) => ({ lines: listLines(found, state), value: listValue(found, state) }),
  });
}

function listLines({ files, looked, problems }: FoundFiles, state: ClientsState): readonly string[] {
  if (files.length === 0) return problems.length > 0 ? [] : noFilesLines(looked);
  const rows = files.flatMap((file) => fileRows(file, state));
  const isAllWrapped = rows.every(([, , , , wrapped]) => wrapped !== "no");
  return [
    ...columns([["client", "scope", "server", "transport", "wrapped", "file"], ...rows]),
    "",
    isAllWrapped ? "next: tollgate clients status" : "next: tollgate clients wrap --dry-run",
  ];
}

function fileRows(file: ClientFile, state: ClientsState): readonly (readonly string[])[] {
  const { client, scope, path, servers } = file;
  if (servers.length === 0) return [[client.id, scope, "(none)", "", "", path]];
  return servers.map((server) => {
    const { name, transport, path: place } = server;
    const reach = transport === "unknown" ? "-" : transport;
    const wrapped = transport === "unknown" ? "-" : isWrapped(file, server, state) ? "yes" : "no";
    return [client.id, place[0] === "projects" ? "local" : scope, name, reach, wrapped, path];
  });
}

/** For a machine without any file of a client. */
export function noFilesLines(looked: FoundFiles["looked"]): readonly string[] {
  return [
    "no configuration file of an MCP client was found. Looked for:",
    ...columns(looked.map(({ client, path }) => [`  ${client.title}`, path])),
    "Add a server in the client first, or name its file: tollgate clients list --client cursor --file FILE",
  ];
}

function listValue({ files, problems }: FoundFiles, state: ClientsState): object {
  return {
    files: files.map((file) => ({
      client: file.client.id,
      title: file.client.title,
      scope: file.scope,
      file: file.path,
      servers: file.servers.map((server) => ({
        name: server.name,
        path: server.path,
        transport: server.transport,
        wrapped: isWrapped(file, server, state),
        ...(server.transport === "unknown" && { reason: server.reason }),
      })),
    })),
    problems,
  };
}
