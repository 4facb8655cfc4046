/** `tollgate kube`, and as a plugin `kubectl tollgate`: the sidecars of a cluster. */

import { asksForHelp, refuseUsage, unknownCommandProblem, writeHelp } from "./cli/command.ts";
import type { ControlCommandIo } from "./control/admin-client.ts";
import { KUBE_DIFF_HELP, runKubeDiff } from "./kube/diff.ts";
import { KUBE_STATUS_HELP, runKubeStatus } from "./kube/status.ts";

interface KubeCommand {
  readonly name: string;
  readonly summary: string;
  readonly help: string;
  /** Returns the exit code. */
  readonly run: (argv: readonly string[], io: ControlCommandIo) => Promise<number>;
}

export const KUBE_COMMANDS: readonly KubeCommand[] = [
  {
    name: "status",
    summary: "the sidecars of a namespace: policies, denials, freezes, drift",
    help: KUBE_STATUS_HELP,
    run: runKubeStatus,
  },
  {
    name: "diff",
    summary: "the recent calls that a new policy would have decided otherwise",
    help: KUBE_DIFF_HELP,
    run: runKubeDiff,
  },
];

const HELP = `Usage: tollgate kube COMMAND
       kubectl tollgate COMMAND

Asks the sidecars of a Kubernetes cluster, through its API server.

${KUBE_COMMANDS.map(({ name, summary }) => `  ${name.padEnd(8)} ${summary}`).join("\n")}

Examples
  tollgate kube status -n shop
  tollgate kube diff new-policy.json -n shop

tollgate kube COMMAND --help has the flags of each.
`;

/** Returns the exit code. */
export async function runKube([name, ...rest]: readonly string[], io: ControlCommandIo): Promise<number> {
  const command = KUBE_COMMANDS.find((known) => known.name === name);
  if (command !== undefined) return command.run(rest, io);
  if (name === undefined || asksForHelp([name])) return writeHelp(io, HELP);
  const names = KUBE_COMMANDS.map((known) => known.name);
  return refuseUsage(io, "tollgate kube", [unknownCommandProblem(name, names)]);
}
