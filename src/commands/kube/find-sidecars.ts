/** Finds the sidecars in pods, as the chart, the kustomizations and `tollgate inject` write them. */

import * as z from "zod";

/** One sidecar, as its pod describes it. */
export interface Sidecar {
  readonly namespace: string;
  readonly pod: string;
  /** Such as `Deployment/orders`; the pod itself where nothing owns it. */
  readonly workload: string;
  readonly container: string;
  readonly image: string;
  readonly adminPort: number;
  readonly isTls: boolean;
  readonly podIp: string | undefined;
  /** The ConfigMap that its policy file is mounted from; undefined for another volume, and without a policy. */
  readonly policyConfigMap: string | undefined;
  /** Why its process cannot be asked now; undefined when it runs. */
  readonly waiting: string | undefined;
}

const text = z.string().optional().catch(undefined);
const CONTAINER = z.looseObject({
  name: z.string(),
  image: z.string().default(""),
  env: z.array(z.looseObject({ name: z.string(), value: text })).default([]),
  ports: z.array(z.looseObject({ name: text, containerPort: z.number() })).default([]),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })).default([]),
});
const STATE = z.looseObject({
  name: z.string(),
  state: z
    .looseObject({
      running: z.unknown().optional(),
      waiting: z.looseObject({ reason: text, message: text }).optional(),
      terminated: z.looseObject({ reason: text, exitCode: z.number().optional() }).optional(),
    })
    .default({}),
});
const POD = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().default("default"),
    labels: z.record(z.string(), z.string()).default({}),
    deletionTimestamp: text,
    ownerReferences: z.array(z.looseObject({ kind: z.string(), name: z.string() })).default([]),
  }),
  spec: z.looseObject({
    containers: z.array(CONTAINER).default([]),
    initContainers: z.array(CONTAINER).default([]),
    volumes: z
      .array(
        z.looseObject({
          name: z.string(),
          configMap: z.looseObject({ name: text }).optional().catch(undefined),
        }),
      )
      .default([]),
  }),
  status: z
    .looseObject({
      phase: z.string().default("Pending"),
      reason: text,
      podIP: text,
      conditions: z
        .array(z.looseObject({ type: z.string(), status: z.string(), reason: text, message: text }))
        .default([]),
      containerStatuses: z.array(STATE).default([]),
      initContainerStatuses: z.array(STATE).default([]),
    })
    .prefault({}),
});

type Pod = z.infer<typeof POD>;
type Container = z.infer<typeof CONTAINER>;

const ADMIN_PORT_NAME = "tollgate-admin";
const DEFAULT_ADMIN_PORT = 9464;
const GUARDED = "tollgate.dev/guarded";

/** The sidecars of the pods that have not ended, in order of namespace and name. */
export function findSidecars(pods: readonly unknown[]): Sidecar[] {
  return pods
    .flatMap((each) => {
      const pod = POD.safeParse(each).data;
      return pod === undefined || /^(?:Succeeded|Failed)$/.test(pod.status.phase) ? [] : sidecarIn(pod);
    })
    .toSorted((one, other) => compare(placeOf(one), placeOf(other)));
}

/** `NAMESPACE/POD`. */
export function placeOf({ namespace, pod }: Pick<Sidecar, "namespace" | "pod">): string {
  return `${namespace}/${pod}`;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

/** A container is Tollgate's by the name of its port; without one by the image, in a pod that says it is guarded. */
function sidecarIn(pod: Pod): Sidecar[] {
  const containers = [...pod.spec.initContainers, ...pod.spec.containers];
  const isGuarded = pod.metadata.labels[GUARDED] === "true";
  const container =
    containers.find(({ ports }) => ports.some(({ name }) => name === ADMIN_PORT_NAME)) ??
    (isGuarded ? containers.find(({ image }) => /(?:^|\/)tollgate(?:[:@]|$)/.test(image)) : undefined);
  if (container === undefined) return [];
  const { name, namespace } = pod.metadata;
  const admin = container.env.find((variable) => variable.name === "TOLLGATE_ADMIN")?.value ?? "";
  const named = container.ports.find((port) => port.name === ADMIN_PORT_NAME)?.containerPort;
  return [
    {
      namespace,
      pod: name,
      workload: workloadOf(pod),
      container: container.name,
      image: container.image,
      adminPort: named ?? (Number(/:(\d+)$/.exec(admin)?.[1]) || DEFAULT_ADMIN_PORT),
      isTls: admin.startsWith("https://"),
      podIp: pod.status.podIP,
      policyConfigMap: policyConfigMapOf(pod, container),
      waiting: waitingReason(pod, container.name),
    },
  ];
}

/** The pods of a Deployment belong to a ReplicaSet, whose name ends in the hash that is a label of the pod. */
function workloadOf({ metadata: { name, labels, ownerReferences } }: Pod): string {
  const [owner] = ownerReferences;
  if (owner === undefined) return `Pod/${name}`;
  const hash = labels["pod-template-hash"];
  return owner.kind === "ReplicaSet" && hash !== undefined && owner.name.endsWith(`-${hash}`)
    ? `Deployment/${owner.name.slice(0, -hash.length - 1)}`
    : `${owner.kind}/${owner.name}`;
}

function policyConfigMapOf({ spec }: Pod, { env, volumeMounts }: Container): string | undefined {
  const path = env.find(({ name }) => name === "TOLLGATE_POLICY")?.value;
  if (path === undefined) return undefined;
  const [mount] = volumeMounts
    .filter(({ mountPath }) => path === mountPath || path.startsWith(`${mountPath.replace(/\/$/, "")}/`))
    .toSorted((one, other) => other.mountPath.length - one.mountPath.length);
  return spec.volumes.find(({ name }) => name === mount?.name)?.configMap?.name;
}

/** The kubelet's own words for a container that does not run, or the scheduler's for a pod without a node. */
function waitingReason({ metadata, status }: Pod, container: string): string | undefined {
  const { containerStatuses, initContainerStatuses, conditions, phase } = status;
  const state = [...initContainerStatuses, ...containerStatuses].find(
    ({ name }) => name === container,
  )?.state;
  if (state?.waiting !== undefined) return words(state.waiting.reason, state.waiting.message);
  if (state?.terminated !== undefined) return words(`ended with exit code ${state.terminated.exitCode ?? 0}`);
  if (state?.running !== undefined || phase === "Running") return undefined;
  const scheduled = conditions.find(({ type }) => type === "PodScheduled");
  if (scheduled?.status === "False") return words(scheduled.reason, scheduled.message);
  return metadata.deletionTimestamp === undefined ? `the pod is ${phase.toLowerCase()}` : "the pod ends";
}

function words(reason = "it does not run", message?: string): string {
  return message === undefined ? reason : `${reason}: ${message}`;
}
