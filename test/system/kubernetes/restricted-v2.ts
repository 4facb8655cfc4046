/** OpenShift's `restricted-v2` for a namespace of a test: a policy of the API server refuses the pods that its admission would refuse. */

import { until } from "../../fixtures/start-sidecar.ts";
import type { KubernetesObject } from "../deploy/objects.ts";
import type { KubernetesApi } from "./api.ts";
import { applyAll, startNamespace } from "./trial.ts";

const NAME = "restricted-v2";
/** OpenShift gives each namespace ten thousand users of its own. */
const FIRST_USER = 1_000_680_000;
const IS_OWN_USER = `>= ${FIRST_USER} && USER < ${FIRST_USER + 10_000}`;

/** True where `path` of `object` names no user or group, or one of the namespace's. */
function ownUser(object: string, field: string): string {
  const user = `${object}.securityContext.${field}`;
  return `!has(${object}.securityContext) || !has(${user}) || (${user} ${IS_OWN_USER.replace("USER", user)})`;
}

/**
 * Source: OpenShift, "Managing security context constraints": users and fsGroup of the namespace's range (MustRunAsRange), volumes of these
 * kinds. The rest of it is `restricted`, which every namespace of these tests enforces. OpenShift puts the user in where none is named.
 */
const POLICY: KubernetesObject = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingAdmissionPolicy",
  metadata: { name: NAME },
  spec: {
    matchConstraints: {
      resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
    },
    variables: [
      {
        name: "all",
        expression:
          "object.spec.containers + (has(object.spec.initContainers) ? object.spec.initContainers : [])",
      },
    ],
    validations: [
      { expression: ownUser("object.spec", "runAsUser"), message: "the pod's runAsUser is fixed" },
      { expression: ownUser("object.spec", "fsGroup"), message: "the pod's fsGroup is fixed" },
      {
        expression: `variables.all.all(each, ${ownUser("each", "runAsUser")})`,
        message: "a container's runAsUser is fixed",
      },
      {
        expression:
          "!has(object.spec.volumes) || object.spec.volumes.all(each, has(each.configMap) || has(each.csi) || has(each.downwardAPI) || has(each.emptyDir) || has(each.ephemeral) || has(each.persistentVolumeClaim) || has(each.projected) || has(each.secret))",
        message: "a volume is of another kind",
      },
    ],
  },
};

const BINDING: KubernetesObject = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingAdmissionPolicyBinding",
  metadata: { name: NAME },
  spec: {
    policyName: NAME,
    validationActions: ["Deny"],
    matchResources: { namespaceSelector: { matchLabels: { "test/scc": NAME } } },
  },
};

/** A namespace in which the policy is in force. */
export async function startOpenShiftNamespace(api: KubernetesApi, name: string): Promise<void> {
  await startNamespace(api, name);
  const body = { metadata: { labels: { "test/scc": NAME } } };
  await api.get(`/api/v1/namespaces/${name}`, {
    method: "PATCH",
    type: "application/merge-patch+json",
    body,
  });
  await applyAll(api, [POLICY, BINDING], name);
  const pod = {
    metadata: { name: "probe" },
    spec: {
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "a",
          image: "a:1",
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        },
      ],
    },
  };
  // The API server reads a policy that is new within a moment.
  await until(async () => {
    const path = `/api/v1/namespaces/${name}/pods?dryRun=All`;
    return (await api.ask(path, { method: "POST", body: pod })).status === 422;
  });
}
