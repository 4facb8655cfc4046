/** Finds sidecars of one server that differ in policy, mode or version. */

import type { SidecarStatus } from "./read-status.ts";

export const DRIFT_KINDS = ["policy", "mode", "version"] as const;
export type DriftKind = (typeof DRIFT_KINDS)[number];

export interface Drift {
  readonly namespace: string;
  readonly server: string;
  readonly kind: DriftKind;
  /** Each value with its pods, the most frequent first. */
  readonly values: readonly { readonly value: string; readonly pods: readonly string[] }[];
}

/** The drift within each server of each namespace. Sidecars that did not answer are left out. */
export function findDrift(statuses: readonly SidecarStatus[]): Drift[] {
  const answering = statuses.filter(({ server }) => server !== null);
  const servers = Map.groupBy(answering, ({ sidecar, server }) =>
    JSON.stringify([sidecar.namespace, server]),
  );
  return Array.from(servers.values()).flatMap((group) => DRIFT_KINDS.flatMap((kind) => driftOf(kind, group)));
}

function driftOf(kind: DriftKind, group: readonly SidecarStatus[]): Drift[] {
  const known = group.flatMap((status) => {
    const value = valueOf(kind, status);
    return value === undefined ? [] : [{ value, pod: status.sidecar.pod }];
  });
  const values = Array.from(
    Map.groupBy(known, ({ value }) => value),
    ([value, same]) => ({ value, pods: same.map(({ pod }) => pod) }),
  );
  const [first] = group;
  if (values.length < 2 || first === undefined) return [];
  return [
    {
      namespace: first.sidecar.namespace,
      server: first.server ?? "",
      kind,
      values: values.toSorted((one, other) => other.pods.length - one.pods.length),
    },
  ];
}

/** Undefined where the sidecar did not say it. */
function valueOf(kind: DriftKind, { policies, mode, version }: SidecarStatus): string | undefined {
  if (kind === "policy") return policies === null ? undefined : policies.toSorted().join(",") || "none";
  return (kind === "mode" ? mode : version) ?? undefined;
}
