/** Requirements for every pod with Tollgate in it, whether kustomize or Helm made its manifest. */

import * as z from "zod";
import { FLAGS } from "../../../src/config/settings/flags.ts";
import { type KubernetesObject, only } from "./objects.ts";

const CONTAINER = z.looseObject({
  name: z.string(),
  image: z.string(),
  restartPolicy: z.string().optional(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })).default([]),
  envFrom: z.array(z.looseObject({ configMapRef: z.object({ name: z.string() }).optional() })).default([]),
  ports: z.array(z.object({ name: z.string().optional(), containerPort: z.number() })).default([]),
  resources: z.looseObject({}).default({}),
  securityContext: z.looseObject({}).default({}),
  lifecycle: z.looseObject({}).optional(),
  volumeMounts: z
    .array(z.object({ name: z.string(), mountPath: z.string(), readOnly: z.boolean().optional() }))
    .default([]),
});
export type Container = z.infer<typeof CONTAINER>;

const POD = z.looseObject({
  automountServiceAccountToken: z.boolean().optional(),
  terminationGracePeriodSeconds: z.number().optional(),
  securityContext: z.looseObject({}).default({}),
  initContainers: z.array(CONTAINER).default([]),
  containers: z.array(CONTAINER),
  volumes: z
    .array(z.looseObject({ name: z.string(), configMap: z.object({ name: z.string() }).optional() }))
    .default([]),
});
const DEPLOYMENT = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }),
      spec: POD,
    }),
  }),
});
const CONFIG_MAP = z.looseObject({ data: z.record(z.string(), z.string()) });

export type Pod = z.infer<typeof POD>;

/** The pod of the one Deployment. */
export function podOf(objects: readonly KubernetesObject[]): Pod {
  return DEPLOYMENT.parse(only(objects, "Deployment")).spec.template.spec;
}

export function labelsOf(objects: readonly KubernetesObject[]): Readonly<Record<string, string>> {
  return DEPLOYMENT.parse(only(objects, "Deployment")).spec.template.metadata.labels;
}

/** The container of that name. @throws when there is none. */
export function containerOf({ initContainers, containers }: Pod, name: string): Container {
  const found = [...initContainers, ...containers].find((container) => container.name === name);
  if (found === undefined) throw new Error(`no container is called ${name}`);
  return found;
}

/** The data of a ConfigMap. @throws when there is none of that name. */
export function dataOf(objects: readonly KubernetesObject[], name: string): Readonly<Record<string, string>> {
  const found = objects.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === name);
  if (found === undefined) throw new Error(`no ConfigMap is called ${name}`);
  return CONFIG_MAP.parse(found).data;
}

/** The variables of a container, those of its ConfigMaps included; a value that comes from a Secret is `secret`. */
export function variablesOf(
  objects: readonly KubernetesObject[],
  { env, envFrom }: Container,
): Readonly<Record<string, string>> {
  const maps = envFrom.flatMap(({ configMapRef }) =>
    configMapRef === undefined ? [] : [dataOf(objects, configMapRef.name)],
  );
  return Object.assign(
    {},
    ...maps,
    Object.fromEntries(env.map(({ name, value }) => [name, value ?? "secret"])),
  );
}

/** The variables that begin with `TOLLGATE_` and that Tollgate does not read. */
export function unknownVariables(variables: Readonly<Record<string, string>>): string[] {
  const known = new Set<string>([...FLAGS.map(({ environment }) => environment), "TOLLGATE_ADMIN_TOKEN"]);
  return Object.keys(variables).filter((name) => name.startsWith("TOLLGATE_") && !known.has(name));
}

/** The security context of a container: the Pod Security Standard `restricted`, and more. */
export const HARDENED = {
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  runAsNonRoot: true,
  runAsUser: 65_532,
  seccompProfile: { type: "RuntimeDefault" },
};

/** The security context that a container has, with what it takes over from its pod. */
export function securityOf({ securityContext }: Pod, container: Container): object {
  return { ...securityContext, ...container.securityContext };
}
