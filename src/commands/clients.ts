/** `tollgate clients`: sets up MCP clients, so that their servers are reached through Tollgate. */

import { realpathSync } from "node:fs";
import { isSea } from "node:sea";
import { asksForHelp, refuseUsage, unknownCommandProblem, writeHelp } from "./cli/command.ts";
import { LIST_HELP, runList } from "./clients/list.ts";
import type { OwnProgram } from "./clients/launcher.ts";
import type { ClientsIo } from "./clients/request.ts";
import { runStatus, STATUS_HELP } from "./clients/status.ts";
import { runUnwrap, UNWRAP_HELP } from "./clients/unwrap.ts";
import { runWrap, WRAP_HELP } from "./clients/wrap.ts";

interface ClientsCommand {
  readonly name: string;
  readonly summary: string;
  readonly help: string;
  /** Returns the exit code. */
  readonly run: (argv: readonly string[], io: ClientsIo) => Promise<number>;
}

export const CLIENTS_COMMANDS: readonly ClientsCommand[] = [
  { name: "list", summary: "the clients on this machine, and their servers", help: LIST_HELP, run: runList },
  { name: "wrap", summary: "puts Tollgate before servers", help: WRAP_HELP, run: runWrap },
  { name: "unwrap", summary: "takes it out again, byte for byte", help: UNWRAP_HELP, run: runUnwrap },
  {
    name: "status",
    summary: "wrapped servers, and their calls and denials",
    help: STATUS_HELP,
    run: runStatus,
  },
];

const HELP = `Usage: tollgate clients COMMAND

Sets up MCP clients on this machine, so that their servers are reached through Tollgate.

${CLIENTS_COMMANDS.map(({ name, summary }) => `  ${name.padEnd(8)} ${summary}`).join("\n")}

Examples
  tollgate clients list
  tollgate clients wrap --dry-run

tollgate clients COMMAND --help has the flags of each.
`;

/** Returns the exit code. `program` is that of this process, unless it is given. */
export async function runClients(
  [name, ...rest]: readonly string[],
  given: Omit<ClientsIo, "program"> & Partial<Pick<ClientsIo, "program">>,
): Promise<number> {
  const io = { ...given, program: given.program ?? ownProgram() };
  const command = CLIENTS_COMMANDS.find((known) => known.name === name);
  if (command !== undefined) return command.run(rest, io);
  if (name === undefined || asksForHelp([name])) return writeHelp(io, HELP);
  const names = CLIENTS_COMMANDS.map((known) => known.name);
  return refuseUsage(io, "tollgate clients", [unknownCommandProblem(name, names)]);
}

/** The self-contained executable, or Node with the script that it runs. */
function ownProgram(): OwnProgram {
  const [, script = ""] = process.argv;
  return isSea() ? [process.execPath] : [process.execPath, realpathSync(script)];
}
