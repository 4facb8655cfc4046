/** Writes the sidecars of a cluster for a terminal, and for programs. */

import { columns } from "../cli/columns.ts";
import { pluralize } from "../cli/command.ts";
import type { Drift } from "./drift.ts";
import { placeOf } from "./find-sidecars.ts";
import type { Freeze, SidecarStatus } from "./read-status.ts";

const HEADER = [
  "POD",
  "SERVER",
  "STATE",
  "MODE",
  "POLICY",
  "CONFIGMAP",
  "VERSION",
  "CALLS/H",
  "DENIED/H",
  "WOULD DENY/H",
  "FROZEN",
  "EXPOSED",
];
const NUMBERS: ReadonlySet<number> = new Set([7, 8, 9, 10]);
const DIGEST_LENGTH = 12;

/** A table, then what is to be looked at, a line each. */
export function statusLines(statuses: readonly SidecarStatus[], drift: readonly Drift[]): string[] {
  const isOne = new Set(statuses.map(({ sidecar }) => sidecar.namespace)).size < 2;
  const nameOf = ({ sidecar }: SidecarStatus): string => (isOne ? sidecar.pod : placeOf(sidecar));
  const remarks = [
    ...statuses.flatMap((status) => remarksOf(status).map((remark) => `${nameOf(status)}: ${remark}`)),
    ...drift.map((each) => driftLine(each, isOne)),
  ];
  const rows = statuses.map((status) => [nameOf(status), ...row(status)]);
  return [...columns([HEADER, ...rows], NUMBERS), ...(remarks.length === 0 ? [] : ["", ...remarks])];
}

function row(status: SidecarStatus): string[] {
  const { server, mode, policies, sidecar, version, calls, denied, wouldDeny, freezes, isExposed } = status;
  const [first, ...others] = policies ?? [];
  const policy = first === undefined ? (policies === null ? "-" : "none") : first.slice(0, DIGEST_LENGTH);
  return [
    server ?? "-",
    stateOf(status),
    mode ?? "-",
    others.length === 0 ? policy : `${policy} +${others.length}`,
    sidecar.policyConfigMap ?? "-",
    version ?? "-",
    ...[calls, denied, wouldDeny, freezes?.length].map((number) => `${number ?? "-"}`),
    isExposed === null ? "-" : isExposed ? "yes" : "no",
  ];
}

function stateOf({ isReady, sidecar, server, problems }: SidecarStatus): string {
  if (isReady) return "ready";
  if (sidecar.waiting !== undefined) return "waiting";
  return server === null && problems.length > 0 ? "no answer" : "not ready";
}

function remarksOf(status: SidecarStatus): string[] {
  const { because, problems, policyError, isExposed, freezes } = status;
  return [
    ...because.map((reason) => `${stateOf(status)}: ${reason}`),
    ...problems.filter((problem) => !because.includes(problem)),
    ...(policyError === null ? [] : [`its policy file is not in force: ${policyError}`]),
    ...(isExposed === true ? ["its server can be reached round the sidecar"] : []),
    ...(freezes ?? []).map(freezeText),
  ];
}

function freezeText({ agent, tool, by, reason, until }: Freeze): string {
  const whose = agent === null ? "every agent" : agent;
  const target = tool === null ? whose : `${whose}, tool ${tool}`;
  const why = reason === undefined ? "" : `: ${reason}`;
  return `frozen by ${by}${until === null ? "" : ` until ${until}`}: ${target}${why}`;
}

/** Pods that are named for each value. */
const MAX_PODS = 3;

function driftLine({ namespace, server, kind, values }: Drift, isOne: boolean): string {
  const parts = values.map(({ value, pods }) => {
    const rest = pods.length > MAX_PODS ? ` and ${pods.length - MAX_PODS} more` : "";
    const short = kind === "policy" ? shortDigests(value) : value;
    return `${short} in ${pods.slice(0, MAX_PODS).join(", ")}${rest}`;
  });
  const name = isOne ? server : `${namespace}/${server}`;
  const many = kind === "policy" ? `${values.length} policies` : pluralize(values.length, kind);
  return `${name}: its sidecars have ${many}: ${parts.join("; ")}`;
}

function shortDigests(digests: string): string {
  return digests
    .split(",")
    .map((digest) => digest.slice(0, DIGEST_LENGTH))
    .join("+");
}

/** Schema: docs/json-output/kube-status.schema.json. */
export function statusJson(statuses: readonly SidecarStatus[], drift: readonly Drift[]): object {
  return {
    sidecars: statuses.map((status) => ({
      namespace: status.sidecar.namespace,
      pod: status.sidecar.pod,
      workload: status.sidecar.workload,
      container: status.sidecar.container,
      image: status.sidecar.image,
      server: status.server,
      version: status.version,
      ready: status.isReady,
      because: status.because,
      mode: status.mode,
      policies: status.policies,
      policy_configmap: status.sidecar.policyConfigMap ?? null,
      policy_loaded_at: status.loadedAt,
      policy_error: status.policyError,
      calls: status.calls,
      denied: status.denied,
      would_deny: status.wouldDeny,
      freezes:
        status.freezes?.map(({ reason, ...freeze }) => ({ ...freeze, reason: reason ?? null })) ?? null,
      exposed: status.isExposed,
      problems: status.problems,
    })),
    drift,
  };
}
