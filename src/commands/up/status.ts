/** `tollgate up status`: the servers of a supervisor that runs. */

import * as z from "zod";
import { columns } from "../cli/columns.ts";
import {
  EXIT_FAILED,
  EXIT_OK,
  FORMAT_FLAG,
  formatProblem,
  readArguments,
  refuseUsage,
  writeHelp,
  writeJson,
  writeLines,
} from "../cli/command.ts";
import { ADMIN_ADDRESS_FLAGS } from "../control/admin-address.ts";
import { type ControlCommandIo, reportAdminFailure, requestAdmin } from "../control/admin-client.ts";

export const STATUS_HELP = `Usage: tollgate up status [--admin HOST:PORT] [--format text|json]

Lists the servers of a tollgate up that runs: state, mode, policy, calls of the last hour, endpoint and console.

  --admin HOST:PORT  its admin listener, or its URL (TOLLGATE_ADMIN, or else 127.0.0.1:9464)
  --admin-ca FILE    the authority of its certificate; --admin-cert FILE and --admin-key FILE are shown to it
  --format text|json text for people, or the response of GET /servers

Examples: tollgate up status
          tollgate up status --format json
The admin token is read from TOLLGATE_ADMIN_TOKEN.
Exit codes: 0 all servers are ready, 1 some server is not, 64 bad usage, 69 no answer.
`;

const FLAGS = { ...ADMIN_ADDRESS_FLAGS, format: FORMAT_FLAG, help: { type: "boolean", short: "h" } } as const;
const COMMAND = "tollgate up status";

const LIST = z.looseObject({
  servers: z.array(
    z.object({
      name: z.string(),
      state: z.string(),
      ready: z.boolean(),
      because: z.array(z.string()),
      mode: z.string(),
      policies: z.array(z.string()),
      calls: z.number().nullable(),
      denied: z.number().nullable(),
      url: z.string().nullable(),
      console: z.string().nullable(),
    }),
  ),
});

/** Returns the exit code. */
export async function runStatus(argv: readonly string[], io: ControlCommandIo): Promise<number> {
  const read = readArguments(argv, FLAGS);
  if (!read.ok) return refuseUsage(io, COMMAND, [read.problem]);
  const { format, help, ...flags } = read.values;
  if (help === true) return writeHelp(io, STATUS_HELP);
  const [extra] = read.positionals;
  const problems = [...(extra === undefined ? [] : [`unexpected \`${extra}\``]), ...formatProblem(format)];
  if (problems.length > 0) return refuseUsage(io, COMMAND, problems);
  const result = await requestAdmin({ flags, method: "GET", path: "/servers" }, io);
  if (!result.ok) return reportAdminFailure(io, result);
  const { servers } = LIST.parse(result.value);
  if (format === "json") writeJson(io, result.value);
  else writeLines(io, statusLines(servers));
  return servers.every(({ ready }) => ready) ? EXIT_OK : EXIT_FAILED;
}

const HEADER = ["SERVER", "STATE", "MODE", "POLICY", "CALLS/H", "DENIED/H", "ENDPOINT", "CONSOLE"];

function statusLines(servers: z.infer<typeof LIST>["servers"]): string[] {
  const rows = servers.map((server) => [
    server.name,
    server.ready ? "ready" : server.state === "up" ? "not ready" : server.state,
    server.mode,
    server.policies.map((digest) => digest.slice(0, 12)).join(",") || "none",
    `${server.calls ?? "-"}`,
    `${server.denied ?? "-"}`,
    server.url ?? "-",
    server.console ?? "-",
  ]);
  const reasons = servers.flatMap(({ name, because }) => because.map((reason) => `${name}: ${reason}`));
  return [...columns([HEADER, ...rows], new Set([4, 5])), ...reasons];
}
