/** `tollgate approvals list|approve ID|reject ID`: lists and decides calls that wait for approval. */

import {
  EXIT_FAILED,
  EXIT_OK,
  failWith,
  pluralize,
  FORMAT_FLAG,
  formatProblem,
  readArguments,
  refuseUsage,
  writeHelp,
  writeLines,
  writeJson,
} from "../cli/command.ts";
import type { AdminAddressFlags } from "./admin-address.ts";
import {
  ADMIN_FLAGS,
  requestAdmin,
  operatorName,
  type ControlCommandIo,
  reportAdminFailure,
} from "./admin-client.ts";
import {
  APPROVALS_RESPONSE,
  APPROVE_RESPONSE,
  type ListedApproval,
  listLines,
  REJECT_RESPONSE,
} from "./approval-lines.ts";

export const APPROVALS_COMMANDS = ["list", "approve", "reject"] as const;

export const APPROVALS_HELP = `Usage: tollgate approvals list [flags]
       tollgate approvals approve ID [flags]
       tollgate approvals reject ID... | --agent NAME | --tool NAME [flags]

Lists and decides calls that need a person's approval. An approval is for exactly one call: this agent, this tool,
these arguments, under this policy. It expires; the agent uses it by repeating the call. Equal calls are listed once.

  --agent NAME        list or reject this agent's calls
  --tool NAME         list or reject calls of this tool
  --admin HOST:PORT   the sidecar's admin listener, or its URL (TOLLGATE_ADMIN, or else 127.0.0.1:9464)
  --admin-ca FILE     the authority of its certificate; --admin-cert and --admin-key: your own
  --by NAME           your name for the audit log (the user name); ignored where your token has a name
  --reason TEXT       why, for the audit log
  --format text|json  of list (text)

The admin token, where one is set, is read from TOLLGATE_ADMIN_TOKEN.
Examples: tollgate approvals list --agent nightly
          tollgate approvals approve 4f2a --reason "agreed with finance"
Exit codes: 0 done, 1 refused, 64 bad usage, 69 no sidecar answers.
`;

const COMMAND = "tollgate approvals";

const FLAGS = {
  ...ADMIN_FLAGS,
  agent: { type: "string" },
  tool: { type: "string" },
  format: FORMAT_FLAG,
} as const;

/** Returns the exit code. */
export async function runApprovals(argv: readonly string[], io: ControlCommandIo): Promise<number> {
  const read = readArguments(argv, FLAGS);
  if (!read.ok) return refuseUsage(io, COMMAND, [read.problem]);
  const { values, positionals } = read;
  const [action, id, ...others] = positionals;
  if (values.help === true) return writeHelp(io, APPROVALS_HELP);
  const problems = formatProblem(values.format);
  if (problems.length > 0) return refuseUsage(io, COMMAND, problems);
  const isNamed = values.agent !== undefined || values.tool !== undefined;
  if (action === "list" && id === undefined) return listApprovals(values, io);
  if (action === "approve" && id !== undefined && others.length === 0 && !isNamed)
    return approveCall({ ...values, id }, io);
  if (action === "reject" && id !== undefined && !isNamed)
    return rejectCalls({ ...values, ids: [id, ...others] }, io);
  if (action === "reject" && id === undefined && isNamed) return rejectFound(values, io);
  return refuseUsage(io, COMMAND, ["must be called as list, approve ID or reject ID"]);
}

interface Selection {
  readonly agent?: string | undefined;
  readonly tool?: string | undefined;
}

type Listed =
  | { readonly ok: true; readonly approvals: readonly ListedApproval[] }
  | { readonly ok: false; readonly code: number };

/** The approvals of the agent and the tool that the flags name. */
async function fetchApprovals(
  { agent, tool, ...flags }: AdminAddressFlags & Selection,
  io: ControlCommandIo,
): Promise<Listed> {
  const response = await requestAdmin({ flags, method: "GET", path: "/approvals" }, io);
  if (!response.ok) return { ok: false, code: reportAdminFailure(io, response) };
  const { approvals } = APPROVALS_RESPONSE.parse(response.value);
  const found = approvals.filter(
    (one) => (agent ?? one.agent) === one.agent && (tool ?? one.tool) === one.tool,
  );
  return { ok: true, approvals: found };
}

async function listApprovals(
  { format, ...flags }: AdminAddressFlags & Selection & { readonly format: string },
  io: ControlCommandIo,
): Promise<number> {
  const listed = await fetchApprovals(flags, io);
  if (!listed.ok) return listed.code;
  if (format === "json") writeJson(io, listed.approvals);
  else if (listed.approvals.length === 0) writeLines(io, ["no call waits for approval"]);
  else writeLines(io, listLines(listed.approvals));
  return EXIT_OK;
}

interface Decision extends AdminAddressFlags {
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
}

async function approveCall(
  { id, by, reason, ...flags }: Decision & { readonly id: string },
  io: ControlCommandIo,
): Promise<number> {
  const body = { by: operatorName(by), ...(reason !== undefined && { reason }) };
  const path = `/approvals/${encodeURIComponent(id)}/approve`;
  const response = await requestAdmin({ flags, method: "POST", path, body }, io);
  if (!response.ok) return reportAdminFailure(io, response);
  const { missing_approvers: missing } = APPROVE_RESPONSE.parse(response.value);
  writeLines(io, [
    missing === undefined
      ? "approved: the next such call passes, once"
      : `counted: ${pluralize(missing, "more approver")} must approve it`,
  ]);
  return EXIT_OK;
}

async function rejectFound(
  { agent, tool, ...decision }: Decision & Selection,
  io: ControlCommandIo,
): Promise<number> {
  const { by: _by, reason: _reason, ...flags } = decision;
  const listed = await fetchApprovals({ ...flags, agent, tool }, io);
  if (!listed.ok) return listed.code;
  const ids = listed.approvals.filter(({ state }) => state === "requested").map(({ id }) => id);
  return ids.length === 0
    ? failWith(io, ["no call of that agent or tool waits for approval"], EXIT_FAILED)
    : rejectCalls({ ...decision, ids }, io);
}

/** The sidecar takes so many in one request. */
const MAX_IDS = 500;

async function rejectCalls(
  { ids, by, reason, ...flags }: Decision & { readonly ids: readonly string[] },
  io: ControlCommandIo,
): Promise<number> {
  const who = { by: operatorName(by), ...(reason !== undefined && { reason }) };
  const [only, ...others] = ids;
  if (only !== undefined && others.length === 0) {
    const path = `/approvals/${encodeURIComponent(only)}/reject`;
    const response = await requestAdmin({ flags, method: "POST", path, body: who }, io);
    if (!response.ok) return reportAdminFailure(io, response);
    writeLines(io, ["rejected"]);
    return EXIT_OK;
  }
  let rejected = 0;
  for (let at = 0; at < ids.length; at += MAX_IDS) {
    const body = { ...who, ids: ids.slice(at, at + MAX_IDS) };
    const response = await requestAdmin({ flags, method: "POST", path: "/approvals/reject", body }, io);
    if (!response.ok) return reportAdminFailure(io, response);
    rejected += REJECT_RESPONSE.parse(response.value).rejected.length;
  }
  writeLines(io, [`rejected ${pluralize(rejected, "call")} of ${ids.length}`]);
  return rejected === ids.length ? EXIT_OK : EXIT_FAILED;
}
