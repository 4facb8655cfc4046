/**
 * `tollgate kube` at a real API server, which authorizes and leads each port-forward. There is no kubelet: a stand-in has its end of
 * the connection, sidecars are processes on loopback, and the test writes a ConfigMap into their files in the kubelet's place.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { runKube } from "../../src/commands/kube.ts";
import { captureIo, type Run } from "../fixtures/capture-io.ts";
import { kubeconfigOf } from "../fixtures/kube-cluster.ts";
import { serve, startTollgate, temporaryFile } from "../fixtures/lifetime.ts";
import { toolCall } from "../fixtures/open-loop.ts";
import { postForText } from "../fixtures/post.ts";
import { until } from "../fixtures/start-sidecar.ts";
import { type KubernetesObject, objectsIn } from "./deploy/objects.ts";
import { helm, kustomize } from "./deploy/tools.ts";
import { createAccount, createNamespace, requestToken } from "./kubernetes/accounts.ts";
import { CHART, HTTP, runHelm } from "./kubernetes/chart.ts";
import { type ControlPlane, startControllers, startControlPlane } from "./kubernetes/control-plane.ts";
import { createSidecarPod, startNode } from "./kubernetes/node.ts";
import { storyWith } from "./kubernetes/stories.ts";
import { applyAll, startNamespace, untilAdmitted } from "./kubernetes/trial.ts";

const DEPLOY = join(import.meta.dirname, "../../deploy/kubernetes");
const TRACK = "tollgate.dev/policy-track";
const RETRY = 5;
let cluster: ControlPlane;

beforeAll(async () => {
  helm();
  cluster = await startControlPlane();
  await startControllers(cluster);
  await startNode(cluster.admin);
}, 3_600_000);

function kube(argv: readonly string[], kubeconfig = cluster.kubeconfig): Promise<Run> {
  return captureIo((io) => runKube([...argv, "--kubeconfig", kubeconfig], { ...io, environment: {} }));
}

const POLICY_MAP = z.object({ data: z.object({ "policy.json": z.string() }) });

/** The policy of a ConfigMap. */
async function policyIn(namespace: string, name: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/configmaps/${name}`;
  return POLICY_MAP.parse(await cluster.admin.get(path)).data["policy.json"];
}

/** A sidecar process, and its pod. */
async function startInPod(namespace: string, name: string, policyConfigMap: string) {
  const policy = temporaryFile("policy.json", await policyIn(namespace, policyConfigMap));
  const { url } = await serve();
  const flags = ["--policy", policy, "--server", "orders"];
  const sidecar = await startTollgate({ upstream: url, flags });
  await createSidecarPod(cluster.admin, {
    name,
    namespace,
    port: Number(new URL(sidecar.adminUrl).port),
    policyConfigMap,
    labels: { [TRACK]: policyConfigMap === "fleet-policy" ? "stable" : "canary" },
  });
  /** The kubelet's part, which takes a minute or two. */
  const sync = async (): Promise<void> => writeFileSync(policy, await policyIn(namespace, policyConfigMap));
  return { ...sidecar, sync };
}

/** The ConfigMaps of deploy/kubernetes/fleet, with these policies. */
function fleetObjects(policy: string, canary: string): KubernetesObject[] {
  const texts: Readonly<Record<string, string>> = { "fleet-policy": policy, "fleet-policy-canary": canary };
  return objectsIn(kustomize(join(DEPLOY, "fleet"))).map((object) => ({
    ...object,
    metadata: { name: object.metadata.name },
    data: { "policy.json": texts[object.metadata.name] },
  }));
}

const STATUS = z.object({
  sidecars: z.array(
    z.object({
      pod: z.string(),
      policies: z.array(z.string()).nullable(),
      policy_configmap: z.string().nullable(),
      because: z.array(z.string()),
    }),
  ),
});

async function statusOf(argv: readonly string[]) {
  const { code, stdout } = await kube(["status", ...argv, "--format", "json"]);
  return { code, ...STATUS.parse(JSON.parse(stdout)) };
}

describe("a policy of a fleet at a real API server (no kubelet: its end of a port-forward is a stand-in)", () => {
  it("is asked about, tried on a canary, rolled out and taken back, and kube status shows each step", async () => {
    const namespace = "fleet";
    await startNamespace(cluster.admin, namespace);
    const [before, after] = ["policy.json", "canary.json"].map((file) =>
      readFileSync(join(DEPLOY, "fleet", file), "utf8"),
    );
    if (before === undefined || after === undefined) throw new Error("no policies");
    const apply = (policy: string, canary: string): Promise<void> =>
      applyAll(cluster.admin, fleetObjects(policy, canary), namespace);
    await apply(before, before);
    const sidecars = [
      await startInPod(namespace, "orders-a", "fleet-policy"),
      await startInPod(namespace, "orders-b", "fleet-policy"),
      await startInPod(namespace, "orders-canary", "fleet-policy-canary"),
    ];
    const [first] = sidecars;
    const sync = async (): Promise<void> => void (await Promise.all(sidecars.map((each) => each.sync())));
    for (let call = 0; call <= RETRY; call += 1)
      await postForText(first?.url ?? "", toolCall("refund", { amount: 5 }));

    const diff = await kube(["diff", join(DEPLOY, "fleet/canary.json"), "-n", namespace]);
    expect([diff.code, diff.stdout]).toEqual([
      0,
      expect.stringMatching(/allow -> deny +1 +anonymous +refund +rate_limited/),
    ]);
    expect(await statusOf(["-n", namespace])).toMatchObject({ code: 0 });

    await apply(before, after);
    await sync();
    const isCanaryOn = async (): Promise<boolean> => (await statusOf(["-n", namespace])).code === 1;
    await until(isCanaryOn);
    const canary = await statusOf(["-n", namespace, "-l", `${TRACK}=canary`]);
    expect(canary).toMatchObject({
      code: 0,
      sidecars: [{ pod: "orders-canary", policy_configmap: "fleet-policy-canary" }],
    });
    const text = (await kube(["status", "-n", namespace])).stdout;
    expect(text).toMatch(
      /orders: its sidecars have 2 policies: \w+ in orders-a, orders-b; \w+ in orders-canary/,
    );

    await apply(after, after);
    await sync();
    await until(async () => (await statusOf(["-n", namespace])).code === 0);
    const rolledOut = await statusOf(["-n", namespace]);
    expect(rolledOut.sidecars.map(({ policies }) => policies)).toEqual(
      Array.from({ length: 3 }, () => canary.sidecars[0]?.policies),
    );
  });
});

describe("kube status at a real API server (controllers, and no node for these pods)", () => {
  it("finds the sidecars that chart, kustomization and component write, and their ConfigMaps", async () => {
    const namespace = "found";
    await startNamespace(cluster.admin, namespace);
    const args = ["template", "orders", CHART, "--namespace", namespace, "--kube-version", "1.37.0"];
    const chart = objectsIn(runHelm(args, { ...HTTP, existingPolicyConfigMap: "fleet-policy" }).stdout);
    const stories = [
      storyWith(["fleet-policy"], namespace).filter(({ kind }) => kind !== "PodMonitor"),
      storyWith([], namespace, "stdio-server").filter(({ kind }) => kind !== "PodMonitor"),
    ];
    for (const objects of [chart, ...stories]) {
      await applyAll(cluster.admin, objects, namespace);
      await untilAdmitted(cluster.admin, objects, namespace);
    }
    const { code, sidecars } = await statusOf(["-n", namespace]);
    expect(code).toBe(1);
    const found = sidecars.map(({ pod, policy_configmap: map, because }) => [
      pod.replace(/(?:-[a-z0-9]+){2}$/, ""),
      map,
      because,
    ]);
    expect(found).toEqual([
      ["calculator", "tollgate-files", ["the pod is pending"]],
      ["orders", "fleet-policy", ["the pod is pending"]],
      ["orders-tollgate", "fleet-policy", ["the pod is pending"]],
    ]);
  });
});

describe("the role of deploy/kubernetes/reader at a real API server (no kubelet: its end of a port-forward is a stand-in)", () => {
  const account = { namespace: "roles", name: "support" };
  const bindings = "/apis/rbac.authorization.k8s.io/v1/namespaces/roles/rolebindings";
  let kubeconfig: string;

  beforeAll(async () => {
    const { namespace, name } = account;
    await startNamespace(cluster.admin, namespace);
    await createNamespace(cluster.admin, "others");
    await createAccount(cluster.admin, account);
    const objects = fleetObjects('{ "version": "1", "default": "allow" }', "{}");
    await applyAll(cluster.admin, objects.slice(0, 1), namespace);
    await startInPod(namespace, "orders-a", "fleet-policy");
    await applyAll(cluster.admin, objectsIn(kustomize(join(DEPLOY, "reader"))), namespace);
    const token = await requestToken(cluster.admin, account, { audiences: [] });
    kubeconfig = kubeconfigOf(cluster.url, { token }, { "certificate-authority": cluster.caFile });
    await bind("tollgate-reader", name);
  });

  async function bind(role: string, name: string): Promise<void> {
    const subjects = [{ kind: "ServiceAccount", ...account }];
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role };
    const body = { metadata: { name }, subjects, roleRef };
    await cluster.admin.get(bindings, { method: "POST", body });
  }

  it("is enough for kube status and kube diff in its namespace, and for no other", async () => {
    await until(async () => (await kube(["status", "-n", "roles"], kubeconfig)).code === 0);
    const policy = temporaryFile("new.json", { version: "1", default: "deny" });
    expect(await kube(["diff", policy, "-n", "roles"], kubeconfig)).toMatchObject({ code: 0, stderr: "" });
    const other = await kube(["status", "-n", "others"], kubeconfig);
    expect([other.code, other.stderr]).toEqual([
      1,
      expect.stringMatching(/pods is forbidden: .* in the namespace "others"; docs\/kube\.md/),
    ]);
  });

  it.each([
    ["list", "pods", /pods is forbidden/],
    [
      "create",
      "pods/portforward",
      /orders-a: no answer: .* is forbidden.*; connecting takes get and create of pods\/portforward/,
    ],
    [
      "get",
      "pods/portforward",
      /orders-a: no answer: .*cannot get resource "pods\/portforward".*; connecting takes/,
    ],
  ])("without %s of %s is refused, in the API server's words", async (verb, resource, words) => {
    const path = "/apis/rbac.authorization.k8s.io/v1/clusterroles/tollgate-reader";
    const role = ROLE.parse(await cluster.admin.get(path));
    const without = role.rules.map((rule) => {
      const verbs = rule.verbs.filter((each) => each !== verb);
      return rule.resources.includes(resource) ? { ...rule, verbs } : rule;
    });
    // A rule without a verb is refused.
    const rules = without.filter(({ verbs }) => verbs.length > 0);
    const set = (to: readonly object[]): Promise<unknown> =>
      cluster.admin.get(path, { method: "PATCH", body: { rules: to }, type: "application/merge-patch+json" });
    await set(rules);
    await until(async () => {
      const { code, stdout, stderr } = await kube(["status", "-n", "roles"], kubeconfig);
      return code === 1 && words.test(stdout + stderr);
    });
    await set(role.rules);
  });

  it("an API server that does not know the token is refused in words", async () => {
    const unknown = kubeconfigOf(
      cluster.url,
      { token: "unknown" },
      { "certificate-authority": cluster.caFile },
    );
    const { code, stderr } = await kube(["status", "-n", "roles"], unknown);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining("does not accept the credential of context test"),
    ]);
    const untrusted = await kube(["status"], kubeconfigOf(cluster.url));
    expect([untrusted.code, untrusted.stderr]).toEqual([
      69,
      expect.stringMatching(/certificate of the API server at .* is not trusted/),
    ]);
  });
});

const ROLE = z.object({
  rules: z.array(z.looseObject({ resources: z.array(z.string()), verbs: z.array(z.string()) })),
});
