/** `tollgate kube diff`: shows which calls of the sidecars of a cluster a new policy would have decided otherwise. */

import { readPolicyFile } from "../../config/files/policy-file.ts";
import type { CompiledPolicy } from "../../policy/document/compile.ts";
import { parseTimeBound } from "../audit/time-bound.ts";
import {
  EXIT_FAILED,
  EXIT_OK,
  failWith,
  pluralize,
  readArguments,
  refuseUsage,
  writeHelp,
  writeJson,
  writeLines,
} from "../cli/command.ts";
import type { ControlCommandIo } from "../control/admin-client.ts";
import { replayLog } from "../policy/replay-log.ts";
import { replayTables } from "../policy/replay.ts";
import { type ReplayReport, reportReplay } from "../policy/replay-report.ts";
import { placeOf } from "./find-sidecars.ts";
import { readCalls, type SidecarCalls } from "./read-calls.ts";
import {
  askSelected,
  CLUSTER_FLAGS,
  CLUSTER_FLAGS_HELP,
  clusterFlagProblems,
  emptyLines,
} from "./request.ts";

export const KUBE_DIFF_HELP = `Usage: tollgate kube diff FILE [-n NS | -A] [--since 24h] [flags]

Decides the recent calls of the sidecars in a namespace again under this policy, and shows for each server which would now
be denied and which would pass, as tollgate policy replay does for an audit log. The sidecars are asked for the decisions
that they remember; --logs reads the audit log in their output too, which reaches further back.

  --since TIME           how far back: 30m, 24h, 7d, or a time of ISO 8601 (24h)
  --logs                 also read the containers' output, where --audit - writes the audit log
${CLUSTER_FLAGS_HELP}

The admin token or the read token, where one is set, is read from TOLLGATE_ADMIN_TOKEN.
Examples: tollgate kube diff new-policy.json -n shop
          kubectl tollgate diff new-policy.json -n shop -l tollgate.dev/policy=orders --since 7d --logs
Exit codes: 0 compared, whatever differs; 1 the policy cannot be read, a sidecar does not answer, or the API server
refuses; 64 bad usage or kubeconfig; 69 no API server answers.
`;

const FLAGS = {
  ...CLUSTER_FLAGS,
  since: { type: "string", default: "24h" },
  logs: { type: "boolean", default: false },
} as const;
const COMMAND = "tollgate kube diff";

/** Returns the exit code. */
export async function runKubeDiff(argv: readonly string[], io: ControlCommandIo): Promise<number> {
  const read = readArguments(argv, FLAGS);
  if (!read.ok) return refuseUsage(io, COMMAND, [read.problem]);
  const { values, positionals } = read;
  if (values.help === true) return writeHelp(io, KUBE_DIFF_HELP);
  const [file = "", ...others] = positionals;
  const nowMs = Date.now();
  const since = parseTimeBound(values.since, nowMs);
  const problems = [
    ...(file === "" || others.length > 0 ? ["FILE: must be one policy"] : []),
    ...(since === undefined
      ? [`--since: must be as 24h or 2026-07-01T12:00:00Z, got "${values.since}"`]
      : []),
    ...clusterFlagProblems(values),
  ];
  if (problems.length > 0 || since === undefined) return refuseUsage(io, COMMAND, problems);
  const loaded = readPolicyFile(file);
  if (!loaded.ok) return failWith(io, loaded.problems);
  const wish = { since, isWithLogs: values.logs, nowMs };
  const found = await askSelected(values, io, (access, sidecar) => readCalls(access, sidecar, wish));
  if (!found.ok) return failWith(io, [found.problem], found.exitCode);
  const { answers: readings, namespace } = found;
  const servers = replayServers(readings, loaded.policy);
  const failures = failuresOf(readings);
  if (values.format === "json") writeJson(io, diffJson({ file, since, servers, problems: failures }));
  else if (readings.length === 0) writeLines(io, emptyLines(namespace));
  else
    writeLines(
      io,
      servers.flatMap((server) => serverLines(server, file, values.logs)),
    );
  return failures.length === 0 ? EXIT_OK : failWith(io, failures, EXIT_FAILED);
}

/** The replay of the calls of one server, of all its sidecars together. */
interface ServerReplay {
  readonly namespace: string;
  readonly server: string;
  readonly sidecars: readonly SidecarCalls[];
  readonly report: ReplayReport;
}

/** Limits count the calls of all sidecars of a server together, as with a shared store. */
function replayServers(read: readonly SidecarCalls[], policy: CompiledPolicy): ServerReplay[] {
  const answering = read.filter(({ server }) => server !== null);
  const groups = Map.groupBy(answering, ({ sidecar, server }) => JSON.stringify([sidecar.namespace, server]));
  return Array.from(groups.values(), (group) => {
    const calls = group.flatMap((each) => each.calls).toSorted((one, other) => one.atMs - other.atMs);
    const log = { calls, unreadable: 0, withoutDecision: 0 };
    const report = reportReplay(log, replayLog(log, policy), policy);
    return {
      namespace: group[0]?.sidecar.namespace ?? "",
      server: group[0]?.server ?? "",
      sidecars: group,
      report: group.length > 1 ? { ...report, cannotTell: [...report.cannotTell, TOGETHER] } : report,
    };
  });
}

const TOGETHER =
  "limits were counted over all sidecars of the server, as with a shared store; without one each sidecar counts for itself";

function failuresOf(read: readonly SidecarCalls[]): string[] {
  return read.flatMap(({ sidecar, problems }) =>
    problems.map((problem) => `${placeOf(sidecar)}: ${problem}`),
  );
}

function serverLines(replay: ServerReplay, file: string, isWithLogs: boolean): string[] {
  const { namespace, server, sidecars, report } = replay;
  const span = report.from === null ? "" : `, ${report.from} to ${report.to}`;
  const partial = sidecars.filter(({ isWhole }) => !isWhole).map(({ sidecar }) => sidecar.pod);
  return [
    `${namespace}/${server}: ${pluralize(report.calls, "call")} of ${pluralize(sidecars.length, "sidecar")} under ${file}${span}`,
    "",
    ...(report.calls === 0 ? ["no call is remembered"] : replayTables(report)),
    "",
    "What this cannot tell:",
    ...report.cannotTell.map((line) => `- ${line}`),
    ...(partial.length === 0
      ? []
      : [`- calls before those that are remembered: ${partial.join(", ")}${isWithLogs ? "" : LOGS}`]),
    "",
  ];
}

const LOGS = "; --logs reads their audit logs too";

interface Diff {
  readonly file: string;
  readonly since: string;
  readonly servers: readonly ServerReplay[];
  readonly problems: readonly string[];
}

/** Schema: docs/json-output/kube-diff.schema.json. */
function diffJson({ file, since, servers, problems }: Diff): object {
  return {
    policy: file,
    since,
    servers: servers.map(({ namespace, server, sidecars, report: { cannotTell, ...report } }) => ({
      namespace,
      server,
      sidecars: sidecars.map(({ sidecar, isWhole, calls }) => ({
        pod: sidecar.pod,
        calls: calls.length,
        whole: isWhole,
      })),
      ...report,
      cannot_tell: cannotTell,
    })),
    problems,
  };
}
