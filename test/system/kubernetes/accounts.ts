/** Namespaces, accounts, pods and tokens of a test cluster. */

import * as z from "zod";
import type { KubernetesApi } from "./api.ts";

/** A namespace that refuses every pod beyond the Pod Security Standard `restricted`, and warns of workloads that would make one. */
export async function createNamespace(api: KubernetesApi, name: string): Promise<void> {
  const labels = {
    "pod-security.kubernetes.io/enforce": "restricted",
    "pod-security.kubernetes.io/warn": "restricted",
  };
  await api.get("/api/v1/namespaces", { method: "POST", body: { metadata: { name, labels } } });
}

export interface Account {
  readonly namespace: string;
  readonly name: string;
}

export async function createAccount(api: KubernetesApi, { namespace, name }: Account): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await api.get(path, { method: "POST", body: { metadata: { name } } });
}

const CREATED = z.object({ metadata: z.object({ uid: z.string() }) });

/** A pod of the account; without a node it is never started, and is gone as soon as it is deleted. Returns its uid. */
export async function createPod(api: KubernetesApi, account: Account, name: string): Promise<string> {
  const container = {
    name: "agent",
    image: "agent:1",
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  };
  const spec = {
    serviceAccountName: account.name,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    containers: [container],
  };
  const path = `/api/v1/namespaces/${account.namespace}/pods`;
  return CREATED.parse(await api.get(path, { method: "POST", body: { metadata: { name }, spec } })).metadata
    .uid;
}

const REQUESTED = z.object({ status: z.object({ token: z.string() }) });

export interface TokenWish {
  readonly audiences?: readonly string[];
  /** The pod that the token is bound to; absent: it is bound to its account alone. */
  readonly pod?: { readonly name: string; readonly uid: string };
}

/** A token by the TokenRequest API, as the kubelet gets those of projected volumes. */
export async function requestToken(
  api: KubernetesApi,
  { namespace, name }: Account,
  { audiences = ["tollgate"], pod }: TokenWish = {},
): Promise<string> {
  const bound = pod && { boundObjectRef: { apiVersion: "v1", kind: "Pod", ...pod } };
  const body = { spec: { audiences, expirationSeconds: 3_600, ...bound } };
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  return REQUESTED.parse(await api.get(path, { method: "POST", body })).status.token;
}

const REVIEWED = z.object({ status: z.looseObject({ authenticated: z.boolean().default(false) }) });

/** Whether the API server itself accepts the token; it keeps an acceptance for ten seconds. */
export async function isAccepted(api: KubernetesApi, token: string): Promise<boolean> {
  const body = { spec: { token, audiences: ["tollgate"] } };
  const path = "/apis/authentication.k8s.io/v1/tokenreviews";
  return REVIEWED.parse(await api.get(path, { method: "POST", body })).status.authenticated;
}
