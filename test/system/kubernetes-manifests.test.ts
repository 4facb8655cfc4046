/** deploy/, the chart and the output of `tollgate inject` at a real API server with its controllers (no scheduler and no kubelet, so no pod runs). */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { injectManifests } from "../../src/commands/inject/manifests.ts";
import { until } from "../fixtures/start-sidecar.ts";
import { type KubernetesObject, objectsIn } from "./deploy/objects.ts";
import { gatewayDefinitions, helm, kustomize, prometheusDefinitions } from "./deploy/tools.ts";
import { CHART, HTTP, RELEASED_CHART, runHelm, STDIO, VALUES } from "./kubernetes/chart.ts";
import { describeAnswer } from "./kubernetes/api.ts";
import { type ControlPlane, startControllers, startControlPlane } from "./kubernetes/control-plane.ts";
import { storyWith } from "./kubernetes/stories.ts";
import {
  applyAll,
  install,
  installDefinitions,
  removeAll,
  startNamespace,
  tryOut,
  untilAdmitted,
  untilEmpty,
} from "./kubernetes/trial.ts";

const DEPLOY = join(import.meta.dirname, "../../deploy/kubernetes");
let cluster: ControlPlane;

beforeAll(async () => {
  helm();
  prometheusDefinitions();
  cluster = await startControlPlane();
  await startControllers(cluster);
  await installDefinitions(cluster.admin);
}, 3_600_000);

/** The namespace that the objects of a kustomization name. */
function namespaceOf(objects: readonly KubernetesObject[]): string {
  return objects.find(({ metadata }) => metadata.namespace !== undefined)?.metadata.namespace ?? "default";
}

/** Helm prints the warnings of the API server among notes of its own, such as that a file is a link. */
const WARNING = /warning|violate|unknown field|deprecated|^W\d{4}/im;

let count = 0;
async function newNamespace(): Promise<string> {
  const name = `trial-${++count}`;
  await startNamespace(cluster.admin, name);
  return name;
}

function chartObjects(values: object, namespace: string): KubernetesObject[] {
  const args = ["template", "orders", CHART, "--namespace", namespace, "--kube-version", "1.37.0"];
  return objectsIn(runHelm(args, values).stdout);
}

const CHECKED = z.object({
  status: z.object({
    typeChecking: z.object({ expressionWarnings: z.array(z.unknown()).default([]) }).optional(),
  }),
});

/** The problems that the API server finds with the types of the policy; undefined before it has looked. */
async function typeWarnings(): Promise<readonly unknown[] | undefined> {
  const path = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/tollgate-guarded-pods";
  return CHECKED.parse(await cluster.admin.get(path)).status.typeChecking?.expressionWarnings;
}

async function label(namespace: string, labels: Readonly<Record<string, string>>): Promise<void> {
  const type = "application/merge-patch+json";
  const path = `/api/v1/namespaces/${namespace}`;
  await cluster.admin.get(path, { method: "PATCH", type, body: { metadata: { labels } } });
}

function pod(labels: Readonly<Record<string, string>>): KubernetesObject {
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "a", labels }, spec: RESTRICTED };
}

/** The API server's refusal; empty when it would create the pod. */
async function dryRun(object: KubernetesObject, namespace: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/pods?dryRun=All`;
  const answer = await cluster.admin.ask(path, { method: "POST", body: object });
  return answer.status < 300 ? "" : describeAnswer(answer);
}

function kindsOf(objects: readonly KubernetesObject[]): string[] {
  return [...new Set(objects.map(({ kind }) => kind))].toSorted();
}

describe("the API server and its controllers (no scheduler, no kubelet)", () => {
  it("refuse a container with root in a namespace of these tests, and warn of its Deployment", async () => {
    const namespace = await newNamespace();
    const [deployment] = objectsIn(readFileSync(join(DEPLOY, "http-server/server.yaml"), "utf8"));
    const loose = structuredClone(deployment ?? { apiVersion: "", kind: "", metadata: { name: "" } });
    delete (loose["spec"] as { template: { spec: Record<string, unknown> } }).template.spec[
      "securityContext"
    ];
    const { status, warnings } = await cluster.admin.apply(loose, namespace);
    expect([status, warnings.join()]).toEqual([201, expect.stringContaining("would violate PodSecurity")]);
    await expect(untilAdmitted(cluster.admin, [loose], namespace)).rejects.toThrow("violates PodSecurity");
    await removeAll(cluster.admin, [loose], namespace);
  });

  it("refuse an unknown field", async () => {
    const [object] = objectsIn("apiVersion: v1\nkind: Service\nmetadata: { name: s }\nspec: { prots: [] }\n");
    if (object === undefined) throw new Error("no object");
    const { status, body } = await cluster.admin.apply(object, "default");
    expect([status, JSON.stringify(body)]).toEqual([500, expect.stringContaining("prots")]);
  });
});

describe("deploy/kubernetes at a real API server in `restricted` namespaces", () => {
  it.each(["http-server", "stdio-server", "monitoring"])(
    "%s is accepted without a warning, its pods are admitted, and nothing is left of it",
    async (folder) => {
      const objects = objectsIn(kustomize(join(DEPLOY, folder)));
      await startNamespace(cluster.admin, namespaceOf(objects));
      await tryOut(cluster.admin, objects, namespaceOf(objects));
    },
  );

  it("the other components are accepted beside those of the story", async () => {
    const namespace = await newNamespace();
    const objects = storyWith(["api-server", "session-keys", "replicas"], namespace);
    expect(kindsOf(objects)).toContain("ClusterRoleBinding");
    await tryOut(cluster.admin, objects, namespace);
  });

  it("the job of all namespaces is accepted by the operator's definition, the route by that of the Gateway API, and the Ingress", async () => {
    const namespace = await newNamespace();
    await install(cluster.admin, gatewayDefinitions());
    const objects = ["scrapeconfig", "gateway", "ingress"]
      .flatMap((folder) => objectsIn(kustomize(join(DEPLOY, folder))))
      .map((object) => ({ ...object, metadata: { name: object.metadata.name } }));
    expect(kindsOf(objects)).toEqual(["HTTPRoute", "Ingress", "ScrapeConfig"]);
    await tryOut(cluster.admin, objects, namespace);
  });

  it("the sample server is accepted without Tollgate", async () => {
    const namespace = await newNamespace();
    const objects = objectsIn(readFileSync(join(DEPLOY, "http-server/server.yaml"), "utf8"));
    await tryOut(cluster.admin, objects, namespace);
  });
});

describe("deploy/kubernetes/admission at a real API server", () => {
  const policy = objectsIn(kustomize(join(DEPLOY, "admission")));
  const server = objectsIn(readFileSync(join(DEPLOY, "http-server/server.yaml"), "utf8"));

  it("refuses pods without Tollgate where the namespace asks for it, and there alone", async () => {
    const [open, guarded] = [await newNamespace(), await newNamespace()];
    await label(guarded, { "tollgate.dev/guard": "required" });
    await applyAll(cluster.admin, policy, "default");
    await until(async () => (await typeWarnings()) !== undefined);
    expect(await typeWarnings()).toEqual([]);
    const without = pod({});
    // The API server reads a policy that is new within a moment.
    await until(async () => (await dryRun(without, guarded)).includes("asks for Tollgate in every pod"));
    expect(await dryRun(without, open)).toBe("");
    expect(await dryRun(pod({ "tollgate.dev/guarded": "false" }), guarded)).toBe("");
    await applyAll(cluster.admin, server, guarded);
    await expect(untilAdmitted(cluster.admin, server, guarded)).rejects.toThrow("asks for Tollgate");
    await removeAll(cluster.admin, server, guarded);
    const injected = injectManifests(JSON.stringify(without), {
      path: "/mcp",
      mode: "shadow",
      allowedHosts: [],
    });
    for (const objects of [
      storyWith([], guarded),
      storyWith([], guarded, "stdio-server"),
      chartObjects(HTTP, guarded),
      chartObjects(STDIO, guarded),
      objectsIn(injected.text ?? ""),
    ])
      await tryOut(cluster.admin, objects, guarded);
    for (const object of policy) await cluster.admin.remove(object, "default");
  });
});

const RESTRICTED = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
  containers: [
    {
      name: "server",
      image: "s:1",
      ports: [{ containerPort: 3000 }],
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    },
  ],
};
const TEMPLATE = { metadata: { labels: { app: "a" } }, spec: RESTRICTED };
const SELECTOR = { matchLabels: { app: "a" } };
const JOB = { template: { spec: { ...RESTRICTED, restartPolicy: "Never" } } };
const WORKLOADS: readonly (readonly [string, string, object])[] = [
  ["Deployment", "apps/v1", { selector: SELECTOR, template: TEMPLATE }],
  ["StatefulSet", "apps/v1", { serviceName: "a", selector: SELECTOR, template: TEMPLATE }],
  ["DaemonSet", "apps/v1", { selector: SELECTOR, template: TEMPLATE }],
  ["Job", "batch/v1", JOB],
  ["CronJob", "batch/v1", { schedule: "0 3 * * *", jobTemplate: { spec: JOB } }],
  ["Pod", "v1", RESTRICTED],
];

describe("the output of `tollgate inject` at a real API server in a `restricted` namespace", () => {
  it.each(WORKLOADS)("is accepted for a %s", async (kind, apiVersion, spec) => {
    const namespace = await newNamespace();
    const source = JSON.stringify({ apiVersion, kind, metadata: { name: "a" }, spec });
    const choices = {
      path: "/mcp",
      mode: "enforce",
      policyConfigMap: "policy",
      settingsConfigMap: "settings",
      allowedHosts: [],
    } as const;
    const { text = "", problems } = injectManifests(source, choices);
    expect(problems).toEqual([]);
    const objects = objectsIn(text);
    await applyAll(cluster.admin, objects, namespace);
    await untilAdmitted(cluster.admin, objects, namespace);
    await removeAll(cluster.admin, objects, namespace);
    const without = objectsIn(injectManifests(text, undefined).text ?? "");
    await applyAll(cluster.admin, without, namespace);
    await removeAll(cluster.admin, without, namespace);
  });
});

describe("the chart at a real API server in `restricted` namespaces", () => {
  it.each(Object.keys(VALUES))(
    "%s: accepted without a warning, pods admitted, nothing left",
    async (name) => {
      const namespace = await newNamespace();
      await tryOut(cluster.admin, chartObjects(VALUES[name] ?? {}, namespace), namespace);
    },
  );

  it.each([
    ["an HTTP server", HTTP],
    ["a stdio server", STDIO],
  ])(
    "Helm installs the released chart with %s, upgrades it, rolls it back and uninstalls it",
    async (_what, values) => {
      const namespace = await newNamespace();
      const at = ["--kubeconfig", cluster.kubeconfig, "--namespace", namespace];
      const objects = (): KubernetesObject[] =>
        objectsIn(runHelm(["get", "manifest", "orders", ...at]).stdout);
      const admitted = (): Promise<void> => untilAdmitted(cluster.admin, objects(), namespace);
      runHelm(["install", "orders", RELEASED_CHART, ...at], values);
      await admitted();
      const released = kindsOf(objects());
      expect(runHelm(["upgrade", "orders", CHART, ...at], values).stderr).not.toMatch(WARNING);
      await admitted();
      expect(kindsOf(objects())).toEqual(expect.arrayContaining(released));
      const varied = {
        ...values,
        replicas: 3,
        podDisruptionBudget: { enabled: true },
        scrapeAnnotations: true,
      };
      expect(runHelm(["upgrade", "orders", CHART, ...at], varied).stderr).not.toMatch(WARNING);
      await admitted();
      runHelm(["rollback", "orders", "1", ...at]);
      await admitted();
      expect(kindsOf(objects())).toEqual(released);
      runHelm(["rollback", "orders", "3", ...at]);
      await admitted();
      runHelm(["uninstall", "orders", ...at]);
      await untilEmpty(cluster.admin, namespace);
    },
  );
});
