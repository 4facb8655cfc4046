/** The flags that every command about a cluster has, and the sidecars that they select. */

import { homedir } from "node:os";
import { EXIT_USAGE, FORMAT_FLAG, formatProblem } from "../cli/command.ts";
import { withProgress } from "../cli/progress.ts";
import { adminAddress } from "../control/admin-address.ts";
import type { ControlCommandIo } from "../control/admin-client.ts";
import { type Route, ROUTES, type SidecarAccess } from "./ask-sidecar.ts";
import { listAll } from "./cluster/api-server.ts";
import { clusterAccess } from "./cluster/cluster-access.ts";
import { findSidecars, type Sidecar } from "./find-sidecars.ts";

export const CLUSTER_FLAGS = {
  namespace: { type: "string", short: "n" },
  "all-namespaces": { type: "boolean", short: "A", default: false },
  selector: { type: "string", short: "l" },
  context: { type: "string" },
  kubeconfig: { type: "string" },
  via: { type: "string", default: "port-forward" },
  "admin-ca": { type: "string" },
  "admin-cert": { type: "string" },
  "admin-key": { type: "string" },
  format: FORMAT_FLAG,
  help: { type: "boolean", short: "h" },
} as const;

/** The lines of a help text about these flags. */
export const CLUSTER_FLAGS_HELP = `  -n, --namespace NS     the namespace (that of the context)
  -A, --all-namespaces   every namespace
  -l, --selector LABELS  only pods with these labels, as app=orders
  --context NAME         the context of the kubeconfig (the current one)
  --kubeconfig FILE      the kubeconfig (KUBECONFIG, or else ~/.kube/config; in a pod its account)
  --via port-forward|pod-ip
                         through the API server, or straight to the pods, from inside of the cluster (port-forward)
  --admin-ca FILE        the authority of the admin listeners; --admin-cert FILE and --admin-key FILE: your own
  --format text|json     for people or for programs (text)`;

export interface ClusterFlags {
  readonly namespace?: string | undefined;
  readonly "all-namespaces": boolean;
  readonly selector?: string | undefined;
  readonly context?: string | undefined;
  readonly kubeconfig?: string | undefined;
  readonly via: string;
  readonly "admin-ca"?: string | undefined;
  readonly "admin-cert"?: string | undefined;
  readonly "admin-key"?: string | undefined;
  readonly format: string;
}

export function clusterFlagProblems(flags: ClusterFlags): string[] {
  const { via, format, namespace } = flags;
  return [
    ...(isRoute(via) ? [] : [`--via: must be ${ROUTES.join(" or ")}, got "${via}"`]),
    ...(namespace !== undefined && flags["all-namespaces"]
      ? ["--all-namespaces: --namespace selects one; give one of both"]
      : []),
    ...(namespace !== undefined && !/^[a-z0-9][a-z0-9-]*$/.test(namespace)
      ? [`--namespace: must be the name of a namespace, got "${namespace}"`]
      : []),
    ...formatProblem(format),
  ];
}

function isRoute(text: string): text is Route {
  return ROUTES.some((route) => route === text);
}

type FoundSidecars =
  | {
      readonly ok: true;
      readonly sidecars: readonly Sidecar[];
      readonly access: SidecarAccess;
      /** The namespace that was looked in; undefined: all of them. */
      readonly namespace: string | undefined;
    }
  | { readonly ok: false; readonly problem: string; readonly exitCode: number };

/** The sidecars that the flags select, and how they are asked. */
async function selectSidecars(flags: ClusterFlags, io: ControlCommandIo): Promise<FoundSidecars> {
  const { environment } = io;
  const admin = adminAddress(
    { "admin-ca": flags["admin-ca"], "admin-cert": flags["admin-cert"], "admin-key": flags["admin-key"] },
    { ...environment, TOLLGATE_ADMIN: undefined },
  );
  if (typeof admin === "string") return { ok: false, problem: admin, exitCode: EXIT_USAGE };
  const sources = { file: flags.kubeconfig, context: flags.context, environment, home: homeOf(environment) };
  const cluster = await clusterAccess(sources);
  if (typeof cluster === "string") return { ok: false, problem: cluster, exitCode: EXIT_USAGE };
  const namespace = flags["all-namespaces"] ? undefined : (flags.namespace ?? cluster.namespace);
  const path = namespace === undefined ? "/api/v1/pods" : `/api/v1/namespaces/${namespace}/pods`;
  const { selector } = flags;
  const pods = await listAll(cluster, path, selector === undefined ? {} : { labelSelector: selector });
  if (!pods.ok) return pods;
  const token = environment["TOLLGATE_ADMIN_TOKEN"] || environment["TOLLGATE_ADMIN_READ_TOKEN"] || undefined;
  const route = isRoute(flags.via) ? flags.via : "port-forward";
  return {
    ok: true,
    sidecars: findSidecars(pods.value),
    access: { cluster, route, token, tls: admin.tls },
    namespace,
  };
}

function homeOf(environment: ControlCommandIo["environment"]): string {
  return environment["HOME"] || homedir();
}

/** The next steps where no sidecar was found. */
export function emptyLines(namespace: string | undefined): string[] {
  const where = namespace === undefined ? "in any namespace" : `in namespace ${namespace}`;
  const elsewhere = namespace === undefined ? "" : "; -A looks in every namespace";
  return [
    `no sidecar ${where}${elsewhere}`,
    "next: kubectl get deployment NAME -o yaml | tollgate inject -f - | kubectl apply -f -",
  ];
}

/** Asks each sidecar that the flags select, and says on a terminal that it does. A selection that fails gives its problem and exit code. */
export async function askSelected<Result>(
  flags: ClusterFlags,
  io: ControlCommandIo,
  ask: (access: SidecarAccess, sidecar: Sidecar) => Promise<Result>,
): Promise<
  | { readonly ok: true; readonly answers: readonly Result[]; readonly namespace: string | undefined }
  | Exclude<FoundSidecars, { readonly ok: true }>
> {
  const found = await selectSidecars(flags, io);
  if (!found.ok) return found;
  const { sidecars, access, namespace } = found;
  const answers = await withProgress(
    io.stderr,
    () => `asking ${sidecars.length} sidecars`,
    () => askAll(sidecars, (sidecar) => ask(access, sidecar)),
  );
  return { ok: true, answers, namespace };
}

/** Sidecars that are asked at once. */
const AT_ONCE = 8;

/** Asks the sidecars, some at once; the results are in the order of the sidecars. */
async function askAll<Result>(
  sidecars: readonly Sidecar[],
  ask: (sidecar: Sidecar) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = sidecars.entries();
  const work = async (): Promise<void> => {
    for (const [index, sidecar] of waiting) results[index] = await ask(sidecar);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}
