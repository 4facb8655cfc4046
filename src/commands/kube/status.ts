/** `tollgate kube status`: the sidecars of a namespace or of a cluster. */

import {
  EXIT_FAILED,
  EXIT_OK,
  failWith,
  readArguments,
  refuseUsage,
  writeHelp,
  writeJson,
  writeLines,
} from "../cli/command.ts";
import type { ControlCommandIo } from "../control/admin-client.ts";
import { findDrift } from "./drift.ts";
import { readStatus, type SidecarStatus } from "./read-status.ts";
import {
  askSelected,
  CLUSTER_FLAGS,
  CLUSTER_FLAGS_HELP,
  clusterFlagProblems,
  emptyLines,
} from "./request.ts";
import { statusJson, statusLines } from "./status-lines.ts";

export const KUBE_STATUS_HELP = `Usage: tollgate kube status [-n NS | -A] [flags]

Lists the sidecars in the pods of a namespace: state, mode, policy and its ConfigMap, version, calls and denials of the
last hour, freezes, and whether the server can be reached round the sidecar. Then each reason why one is not ready, and
where the sidecars of one server differ in policy, mode or version.

${CLUSTER_FLAGS_HELP}

The admin token or the read token, where one is set, is read from TOLLGATE_ADMIN_TOKEN.
Examples: tollgate kube status -n shop
          kubectl tollgate status -A --format json
Exit codes: 0 all are ready, alike and not exposed, or there is none; 1 one is not, or does not answer, or the API server
refuses; 64 bad usage or kubeconfig; 69 no API server answers.
`;

const COMMAND = "tollgate kube status";

/** Returns the exit code. */
export async function runKubeStatus(argv: readonly string[], io: ControlCommandIo): Promise<number> {
  const read = readArguments(argv, CLUSTER_FLAGS);
  if (!read.ok) return refuseUsage(io, COMMAND, [read.problem]);
  const { values, positionals } = read;
  if (values.help === true) return writeHelp(io, KUBE_STATUS_HELP);
  const problems = [...positionals.map((extra) => `unexpected \`${extra}\``), ...clusterFlagProblems(values)];
  if (problems.length > 0) return refuseUsage(io, COMMAND, problems);
  const found = await askSelected(values, io, readStatus);
  if (!found.ok) return failWith(io, [found.problem], found.exitCode);
  const { answers: statuses, namespace } = found;
  const drift = findDrift(statuses);
  if (values.format === "json") writeJson(io, statusJson(statuses, drift));
  else writeLines(io, statuses.length === 0 ? emptyLines(namespace) : statusLines(statuses, drift));
  return drift.length === 0 && statuses.every(isGood) ? EXIT_OK : EXIT_FAILED;
}

function isGood({ isReady, isExposed, policyError, problems }: SidecarStatus): boolean {
  return isReady && isExposed !== true && policyError === null && problems.length === 0;
}
