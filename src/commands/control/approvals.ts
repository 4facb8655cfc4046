/** `tollgate approvals list|approve ID|reject ID`: lists and decides calls that wait for approval. */

import * as z from "zod";
import {
  pluralize,
  EXIT_OK,
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

export const APPROVALS_HELP = `Usage: tollgate approvals list [flags]
       tollgate approvals approve ID [flags]
       tollgate approvals reject ID [flags]

Lists and decides calls that need a person's approval. An approval is for exactly one call: this agent, this tool,
these arguments, under this policy. It expires; the agent uses it by repeating the call.

  --admin HOST:PORT   the sidecar's admin listener, or its URL (TOLLGATE_ADMIN, or else 127.0.0.1:9464)
  --admin-ca FILE     the authority of its certificate; --admin-cert and --admin-key: your own
  --by NAME           your name for the audit log (the user name)
  --reason TEXT       why, for the audit log
  --format text|json  of list (text)

The admin token, where one is set, is read from TOLLGATE_ADMIN_TOKEN.
Exit codes: 0 done, 1 refused, 64 bad usage, 69 no sidecar answers.
`;

const COMMAND = "tollgate approvals";

const APPROVALS_RESPONSE = z.object({
  approvals: z.array(
    z.object({
      id: z.string(),
      state: z.string(),
      agent: z.string(),
      user: z.string().exactOptional(),
      claimed_client: z.string().exactOptional(),
      tool: z.string(),
      rule: z.string(),
      calls: z.number(),
      expires_at: z.string(),
      args: z.object({ bytes: z.number(), keys: z.array(z.string()) }),
    }),
  ),
});

/** Returns the exit code. */
export async function runApprovals(argv: readonly string[], io: ControlCommandIo): Promise<number> {
  const read = readArguments(argv, { ...ADMIN_FLAGS, format: FORMAT_FLAG });
  if (!read.ok) return refuseUsage(io, COMMAND, [read.problem]);
  const { values, positionals } = read;
  const [action, id, ...others] = positionals;
  if (values.help === true) return writeHelp(io, APPROVALS_HELP);
  const problems = formatProblem(values.format);
  if (problems.length > 0) return refuseUsage(io, COMMAND, problems);
  if (action === "list" && id === undefined) return listApprovals(values, io);
  if ((action === "approve" || action === "reject") && id !== undefined && others.length === 0)
    return decideApproval({ ...values, action, id }, io);
  return refuseUsage(io, COMMAND, ["must be called as list, approve ID or reject ID"]);
}

async function listApprovals(
  { format, ...flags }: AdminAddressFlags & { readonly format: string },
  io: ControlCommandIo,
): Promise<number> {
  const response = await requestAdmin({ flags, method: "GET", path: "/approvals" }, io);
  if (!response.ok) return reportAdminFailure(io, response);
  const { approvals } = APPROVALS_RESPONSE.parse(response.value);
  if (format === "json") writeJson(io, approvals);
  else if (approvals.length === 0) writeLines(io, ["no call waits for approval"]);
  else writeLines(io, approvals.flatMap(approvalLines));
  return EXIT_OK;
}

function approvalLines(approval: z.infer<typeof APPROVALS_RESPONSE>["approvals"][number]): string[] {
  const { id, state, agent, user, claimed_client: claimed, tool, rule, calls, args } = approval;
  const unproven = claimed === undefined ? agent : `${agent} (claims to be ${claimed}, unproven)`;
  const caller = user === undefined ? unproven : `${agent} for ${user}`;
  return [
    `${id}  ${state === "requested" ? "waits" : state}  ${caller} -> ${tool}`,
    `  arguments: ${args.keys.join(", ") || "none"} (${pluralize(args.bytes, "byte")})`,
    `  rule: ${rule}; called ${pluralize(calls, "time")}; expires ${approval.expires_at}`,
  ];
}

interface ApprovalDecision extends AdminAddressFlags {
  readonly action: "approve" | "reject";
  readonly id: string;
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
}

async function decideApproval(
  { action, id, by, reason, ...flags }: ApprovalDecision,
  io: ControlCommandIo,
): Promise<number> {
  const body = { by: operatorName(by), ...(reason !== undefined && { reason }) };
  const path = `/approvals/${encodeURIComponent(id)}/${action}`;
  const response = await requestAdmin({ flags, method: "POST", path, body }, io);
  if (!response.ok) return reportAdminFailure(io, response);
  writeLines(io, [action === "approve" ? `approved: the next such call passes, once` : "rejected"]);
  return EXIT_OK;
}
