/** Manifests at a real API server, each in a namespace of its own that enforces `restricted`: applied, their pods admitted, and removed. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import * as z from "zod";
import { until } from "../../fixtures/start-sidecar.ts";
import { type KubernetesObject, objectsIn } from "../deploy/objects.ts";
import { prometheusDefinitions } from "../deploy/tools.ts";
import { createNamespace } from "./accounts.ts";
import { type KubernetesApi, describeAnswer } from "./api.ts";

/** The objects that the controllers make in each namespace. */
const OWN_CONTENT = ["ConfigMap/kube-root-ca.crt", "ServiceAccount/default"];
const DEFINITIONS = /_(podmonitors|prometheusrules|scrapeconfigs)\.yaml$/;

/** Installs the Prometheus operator's definitions of what deploy/ has. */
export async function installDefinitions(api: KubernetesApi): Promise<void> {
  const folder = prometheusDefinitions();
  const files = readdirSync(folder).filter((file) => DEFINITIONS.test(file));
  await install(api, files.map((file) => readFileSync(join(folder, file), "utf8")).join("\n---\n"));
}

const DEFINITION = z.object({
  spec: z.object({
    group: z.string(),
    names: z.object({ plural: z.string() }),
    versions: z.array(z.object({ name: z.string(), served: z.boolean() })),
  }),
});

/** Applies custom resource definitions, and waits until the API server serves them. */
export async function install(api: KubernetesApi, definitions: string): Promise<void> {
  const objects = objectsIn(definitions);
  await applyAll(api, objects, "default");
  for (const object of objects) {
    const { group, names, versions } = DEFINITION.parse(object).spec;
    for (const { name } of versions.filter(({ served }) => served))
      await until(async () => (await api.ask(`/apis/${group}/${name}/${names.plural}`)).status === 200);
  }
}

/** A namespace with what the controllers make in it. */
export async function startNamespace(api: KubernetesApi, name: string): Promise<void> {
  await createNamespace(api, name);
  await until(async () => (await contentOf(api, name)).length === OWN_CONTENT.length);
}

/** Applies each object server-side. An unknown field, a refusal and a warning are all failures. */
export async function applyAll(
  api: KubernetesApi,
  objects: readonly KubernetesObject[],
  namespace: string,
): Promise<void> {
  for (const object of objects) {
    const answer = await api.apply(object, namespace);
    const name = `${object.kind}/${object.metadata.name}`;
    expect([name, answer.warnings]).toEqual([name, []]);
    if (answer.status >= 300) throw new Error(`${name}: ${describeAnswer(answer)}`);
  }
}

const WORKLOAD = z.object({
  metadata: z.object({ generation: z.number() }),
  spec: z.object({ replicas: z.number() }),
  status: z
    .object({
      observedGeneration: z.number().optional(),
      updatedReplicas: z.number().default(0),
      conditions: z.array(z.object({ type: z.string(), message: z.string().default("") })).default([]),
    })
    .default({ updatedReplicas: 0, conditions: [] }),
});
/** The kinds whose pods a controller makes without a node. */
const WORKLOADS = new Set(["Deployment", "StatefulSet"]);

/**
 * Waits until a pod of each workload, as it is now, was admitted. It stays pending, since there is no node, so an update goes no further.
 * @throws when a pod was refused
 */
export async function untilAdmitted(
  api: KubernetesApi,
  objects: readonly KubernetesObject[],
  namespace: string,
): Promise<void> {
  for (const object of objects.filter(({ kind }) => WORKLOADS.has(kind))) {
    const path = await api.pathOf(object, namespace);
    await until(async () => {
      const { metadata, spec, status } = WORKLOAD.parse(await api.get(path));
      const failure = status.conditions.find(({ type }) => type === "ReplicaFailure");
      if (failure !== undefined) throw new Error(`${object.metadata.name}: ${failure.message}`);
      const isSeen = status.observedGeneration === metadata.generation;
      return isSeen && status.updatedReplicas >= Math.min(spec.replicas, 1);
    });
  }
}

/** Removes the objects, and waits until nothing of them is left. */
export async function removeAll(
  api: KubernetesApi,
  objects: readonly KubernetesObject[],
  namespace: string,
): Promise<void> {
  for (const object of objects) await api.remove(object, namespace);
  await untilEmpty(api, namespace);
}

/** Waits until a namespace has nothing but what the controllers make in each. */
export async function untilEmpty(api: KubernetesApi, namespace: string): Promise<void> {
  await until(async () => (await contentOf(api, namespace)).join() === OWN_CONTENT.join());
}

/** Without events, which are the cluster's own log and expire. */
async function contentOf(api: KubernetesApi, namespace: string): Promise<string[]> {
  return (await api.contentOf(namespace)).filter((name) => !name.startsWith("Event/"));
}

/** Applies, waits for the pods, applies again without a change, and removes. */
export async function tryOut(
  api: KubernetesApi,
  objects: readonly KubernetesObject[],
  namespace: string,
): Promise<void> {
  await applyAll(api, objects, namespace);
  await untilAdmitted(api, objects, namespace);
  const before = await generationsOf(api, objects, namespace);
  await applyAll(api, objects, namespace);
  expect(await generationsOf(api, objects, namespace)).toEqual(before);
  await removeAll(api, objects, namespace);
}

const GENERATION = z.object({ metadata: z.object({ generation: z.number().optional() }) });

async function generationsOf(
  api: KubernetesApi,
  objects: readonly KubernetesObject[],
  namespace: string,
): Promise<readonly unknown[]> {
  const paths = await Promise.all(objects.map((object) => api.pathOf(object, namespace)));
  return Promise.all(paths.map(async (path) => GENERATION.parse(await api.get(path)).metadata.generation));
}
