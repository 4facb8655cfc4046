/** `tollgate webhook` before a real API server whose controllers make the pods (no scheduler and no kubelet, so none runs). */

import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import type { RunningWebhook } from "../../src/webhook/run.ts";
import { until } from "../fixtures/start-sidecar.ts";
import { type KubernetesObject, objectsIn } from "./deploy/objects.ts";
import { requestToken } from "./kubernetes/accounts.ts";
import { describeAnswer } from "./kubernetes/api.ts";
import { runHelm } from "./kubernetes/chart.ts";
import { type ControlPlane, startControllers, startControlPlane } from "./kubernetes/control-plane.ts";
import { applyAll, startNamespace, tryOut, untilAdmitted } from "./kubernetes/trial.ts";
import {
  CONFIGURATION_PATH,
  type Frontend,
  startFrontend,
  startReplica,
  WEBHOOK_ACCOUNT,
  WEBHOOK_CHART,
  WEBHOOK_NAMESPACE,
  WEBHOOK_VALUES,
  webhookObjects,
} from "./kubernetes/webhook.ts";

let cluster: ControlPlane;
let frontend: Frontend;
const NAMESPACE = "shop";

beforeAll(async () => {
  cluster = await startControlPlane();
  await startControllers(cluster);
  frontend = await startFrontend();
  await startNamespace(cluster.admin, NAMESPACE);
  await startNamespace(cluster.admin, "tools");
  await applyAll(cluster.admin, webhookObjects(frontend.url), WEBHOOK_NAMESPACE);
}, 3_600_000);

async function ready(replicas: readonly RunningWebhook[]): Promise<void> {
  await until(async () => {
    const asked = replicas.map(async ({ adminUrl }) => (await fetch(new URL("/readyz", adminUrl))).ok);
    return (await Promise.all(asked)).every(Boolean);
  });
  // An API server reads a configuration that is new within a moment.
  await until(async () => (await create(pod("probe", ENABLED), "?dryRun=All")).refusal === "");
}

/** Two of them, behind the one address. */
async function startWebhooks(wish: Parameters<typeof startReplica>[1] = {}): Promise<RunningWebhook[]> {
  const replicas = [await startReplica(cluster, wish), await startReplica(cluster, wish)];
  frontend.lead(replicas);
  await ready(replicas);
  return replicas;
}

const ENABLED = { "tollgate.dev/inject": "enabled" };
const SPEC = {
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

type Texts = Readonly<Record<string, string>>;

function pod(name: string, labels: Texts, annotations: Texts = {}): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels, annotations } as KubernetesObject["metadata"],
    spec: SPEC,
  };
}

function deployment(name: string, labels: Texts, annotations: Texts = {}): KubernetesObject {
  const template = { metadata: { labels: { app: name, ...labels }, annotations }, spec: SPEC };
  const spec = { selector: { matchLabels: { app: name } }, template };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: { name }, spec };
}

const PODS = z.object({
  items: z.array(
    z.object({
      spec: z.object({
        initContainers: z
          .array(
            z.object({
              name: z.string(),
              image: z.string(),
              env: z.array(z.object({ name: z.string(), value: z.string().optional() })),
            }),
          )
          .default([]),
      }),
    }),
  ),
});

/** The sidecars in the pods of a Deployment, once its controller has made them; one for each pod that has one. */
async function sidecarsOf(object: KubernetesObject, namespace = NAMESPACE) {
  await untilAdmitted(cluster.admin, [object], namespace);
  const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=app%3D${object.metadata.name}`;
  const { items } = PODS.parse(await cluster.admin.get(path));
  return items.flatMap(({ spec }) => spec.initContainers.filter(({ name }) => name === "tollgate"));
}

async function create(object: KubernetesObject, query = "", namespace = NAMESPACE) {
  const path = `/api/v1/namespaces/${namespace}/pods${query}`;
  const answer = await cluster.admin.ask(path, { method: "POST", body: object });
  const refusal = answer.status < 300 ? "" : describeAnswer(answer);
  return { refusal, warnings: answer.warnings, text: JSON.stringify(answer.body) };
}

/** Whether the pod would get a sidecar. */
async function has(object: KubernetesObject, namespace: string): Promise<boolean> {
  return (await create(object, "?dryRun=All", namespace)).text.includes("TOLLGATE_UPSTREAM");
}

/** How many certificates it has served. */
async function changesOf({ adminUrl }: RunningWebhook): Promise<number> {
  const metrics = await (await fetch(new URL("/metrics", adminUrl))).text();
  return Number(/^tollgate_webhook_certificate_changes_total (\d+)$/m.exec(metrics)?.[1]);
}

async function labelNamespace(
  namespace: string,
  labels: Readonly<Record<string, string | null>>,
): Promise<void> {
  const request = { method: "PATCH", type: "application/merge-patch+json", body: { metadata: { labels } } };
  await cluster.admin.get(`/api/v1/namespaces/${namespace}`, request);
}

describe("the webhook at a real API server", () => {
  it("puts the sidecar into the pods of a labelled Deployment, as annotated, and into no others", async () => {
    await startWebhooks({ choices: { image: "registry.example.com/tollgate:1", policyConfigMap: "of-all" } });
    const annotations = { "tollgate.dev/mode": "enforce", "tollgate.dev/policy-configmap": "orders-policy" };
    const [orders, plain, out] = [
      deployment("orders", ENABLED, annotations),
      deployment("plain", {}),
      deployment("out", ENABLED, { "tollgate.dev/inject": "disabled" }),
    ];
    await applyAll(cluster.admin, [orders, plain, out], NAMESPACE);
    const [sidecar, ...more] = await sidecarsOf(orders);
    expect([sidecar?.image, more]).toEqual(["registry.example.com/tollgate:1", []]);
    const variables = Object.fromEntries(sidecar?.env.map(({ name, value }) => [name, value]) ?? []);
    expect(variables).toMatchObject({
      TOLLGATE_UPSTREAM: "http://127.0.0.1:3000/mcp",
      TOLLGATE_MODE: "enforce",
      TOLLGATE_SERVER: "orders",
      TOLLGATE_REQUIRE_ISOLATION: "true",
      TOLLGATE_ALLOWED_HOST: "orders,orders.shop,orders.shop.svc,orders.shop.svc.cluster.local",
    });
    expect(await sidecarsOf(plain)).toEqual([]);
    expect(await sidecarsOf(out)).toEqual([]);
  });

  it("puts it into every pod of a labelled namespace but those that opt out, and never into its own or kube-system's", async () => {
    await startWebhooks();
    expect(await has(pod("a", {}), "tools")).toBe(false);
    await labelNamespace("tools", ENABLED);
    await until(() => has(pod("a", {}), "tools"));
    expect(await has(pod("a", { "tollgate.dev/inject": "disabled" }), "tools")).toBe(false);
    expect(await has(pod("a", { "tollgate.dev/guarded": "false" }), "tools")).toBe(false);
    expect(await has(pod("a", ENABLED), "tools")).toBe(true);
    await labelNamespace("tools", { "tollgate.dev/inject": "disabled" });
    await until(async () => !(await has(pod("a", ENABLED), "tools")));
    for (const namespace of ["kube-system", WEBHOOK_NAMESPACE])
      expect(await has(pod("a", ENABLED), namespace)).toBe(false);
  });

  it("refuses a bad annotation in words, to kubectl and in the status of the Deployment, and warns of what is not denied", async () => {
    await startWebhooks();
    const wrong = { "tollgate.dev/mode": "enforced" };
    const words = "annotation tollgate.dev/mode: must be shadow or enforce, got enforced";
    expect((await create(pod("a", ENABLED, wrong), "?dryRun=All")).refusal).toContain(words);
    const object = deployment("wrong", ENABLED, wrong);
    await applyAll(cluster.admin, [object], NAMESPACE);
    await expect(untilAdmitted(cluster.admin, [object], NAMESPACE)).rejects.toThrow(words);
    const { refusal, warnings } = await create(pod("a", ENABLED), "?dryRun=All");
    expect([refusal, warnings]).toEqual([
      "",
      [expect.stringContaining("no policy, so every call is allowed")],
    ]);
  });

  it("rolls another image of the sidecar out when the Deployment is restarted, and not before", async () => {
    const first = await startWebhooks({ choices: { image: "tollgate:1" } });
    const object = deployment("rolled", ENABLED);
    await applyAll(cluster.admin, [object], NAMESPACE);
    expect((await sidecarsOf(object)).map(({ image }) => image)).toEqual(["tollgate:1"]);
    await startWebhooks({ choices: { image: "tollgate:2" } });
    // The connections that the API server holds end with the replicas of the earlier version.
    await Promise.all(first.map(({ stop }) => stop()));
    expect((await sidecarsOf(object)).map(({ image }) => image)).toEqual(["tollgate:1"]);
    const restarted = deployment("rolled", ENABLED, {
      "kubectl.kubernetes.io/restartedAt": "2030-01-01T00:00:00Z",
    });
    await applyAll(cluster.admin, [restarted], NAMESPACE);
    await until(async () => (await sidecarsOf(restarted)).some(({ image }) => image === "tollgate:2"));
  });

  it("changes its certificate time and again without a failed admission", async () => {
    const hourMs = 3_600_000;
    // Each certificate, that of the tests before too, is renewed as soon as it is in force.
    const times = { lifetimeMs: hourMs, renewMs: 10_000 * hourMs, settleMs: 3_000 };
    const replicas = await startWebhooks({ times });
    const failures: string[] = [];
    let count = 0;
    await until(async () => {
      const { refusal, text } = await create(pod(`a${++count}`, ENABLED), "?dryRun=All");
      if (refusal !== "" || !text.includes("TOLLGATE_UPSTREAM")) failures.push(refusal);
      return (await Promise.all(replicas.map(changesOf))).every((each) => each >= 3);
    });
    expect(failures).toEqual([]);
    expect(count).toBeGreaterThan(20);
  });

  it("away, refuses the pods that ask for Tollgate and no others; with Ignore it lets them start without", async () => {
    frontend.lead([]);
    const asked = async (): Promise<string> => (await create(pod("a", ENABLED), "?dryRun=All")).refusal;
    await until(async () => (await asked()).includes("failed calling webhook"));
    expect((await create(pod("a", {}), "?dryRun=All")).refusal).toBe("");
    expect((await create(pod("a", ENABLED), "?dryRun=All", "kube-system")).refusal).toBe("");
    const body = [0, 1].map((index) => ({
      op: "replace",
      path: `/webhooks/${index}/failurePolicy`,
      value: "Ignore",
    }));
    await cluster.admin.get(CONFIGURATION_PATH, {
      method: "PATCH",
      type: "application/json-patch+json",
      body,
    });
    await until(async () => (await asked()) === "");
  });

  it("may read and change its Secret and its configuration, and nothing else", async () => {
    const api = cluster.admin.as(await requestToken(cluster.admin, WEBHOOK_ACCOUNT, { audiences: [] }));
    const secrets = `/api/v1/namespaces/${WEBHOOK_NAMESPACE}/secrets`;
    const allowed = [`${secrets}/tollgate-webhook-tls`, CONFIGURATION_PATH];
    const denied = [
      secrets,
      `${secrets}/other`,
      "/api/v1/pods",
      "/api/v1/namespaces/shop/secrets/tollgate-webhook-tls",
      `${CONFIGURATION_PATH}-2`,
    ];
    const statusOf = async (path: string): Promise<number> => (await api.ask(path)).status;
    expect(await Promise.all(allowed.map(statusOf))).toEqual([200, 200]);
    expect(new Set(await Promise.all(denied.map(statusOf)))).toEqual(new Set([403]));
    for (const path of allowed) expect((await api.ask(path, { method: "DELETE" })).status).toBe(403);
  });

  it("is not ready, and says why, without the right to its configuration", async () => {
    const path = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/tollgate-webhook";
    await cluster.admin.get(path, { method: "DELETE" });
    const replica = await startReplica(cluster);
    await until(async () =>
      (await (await fetch(new URL("/readyz", replica.adminUrl))).text()).includes("403"),
    );
  });
});

describe("the chart of the webhook at a real API server, in a `restricted` namespace", () => {
  it.each(["the defaults", "everything"])(
    "%s: accepted without a warning, pods admitted, nothing left",
    async (name) => {
      const namespace = name === "everything" ? "every" : "defaults";
      await startNamespace(cluster.admin, namespace);
      const args = ["template", "guard", WEBHOOK_CHART, "--namespace", namespace, "--kube-version", "1.37.0"];
      const values = { ...WEBHOOK_VALUES[name], podMonitor: { enabled: false } };
      await tryOut(cluster.admin, objectsIn(runHelm(args, values).stdout), namespace);
    },
  );
});
