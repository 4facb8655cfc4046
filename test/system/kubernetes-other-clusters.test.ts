/** Clusters of other kinds at a real API server with its controllers: OpenShift's `restricted-v2`, two families of addresses, IPv6 alone, cert-manager (no kubelet, so no pod runs). */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { injectManifests } from "../../src/commands/inject/manifests.ts";
import { type KubernetesObject, objectsIn, only } from "./deploy/objects.ts";
import { certManagerDefinitions, helm } from "./deploy/tools.ts";
import { CHART, HTTP, runHelm, STDIO } from "./kubernetes/chart.ts";
import {
  type ControlPlane,
  DUAL_STACK,
  IPV6,
  startControllers,
  startControlPlane,
} from "./kubernetes/control-plane.ts";
import { startOpenShiftNamespace } from "./kubernetes/restricted-v2.ts";
import { storyWith } from "./kubernetes/stories.ts";
import { applyAll, install, removeAll, startNamespace, tryOut, untilAdmitted } from "./kubernetes/trial.ts";
import { WEBHOOK_CHART, WEBHOOK_VALUES } from "./kubernetes/webhook.ts";

const SERVER = join(import.meta.dirname, "../../deploy/kubernetes/http-server/server.yaml");
let cluster: ControlPlane;

beforeAll(async () => {
  helm();
  cluster = await startControlPlane(DUAL_STACK);
  await startControllers(cluster);
}, 3_600_000);

function render(chart: string, values: object, namespace: string): KubernetesObject[] {
  const args = ["template", "orders", chart, "--namespace", namespace, "--kube-version", "1.37.0"];
  return objectsIn(runHelm(args, values).stdout);
}

/** The objects of a story, without what only the Prometheus operator knows. */
function story(components: readonly string[], namespace: string, name?: string): KubernetesObject[] {
  return storyWith(components, namespace, name).filter(({ kind }) => kind !== "PodMonitor");
}

/** The sample server, as `tollgate inject` writes it. */
function injected(anyUser: boolean): KubernetesObject[] {
  const { text = "" } = injectManifests(readFileSync(SERVER, "utf8"), {
    path: "/mcp",
    mode: "shadow",
    allowedHosts: [],
    port: 3_000,
    anyUser,
  });
  return objectsIn(text);
}

/** The webhook's objects in a namespace of the test; its own namespace has another name. */
function webhook(components: readonly string[], namespace: string): KubernetesObject[] {
  return storyWith(components, namespace, "webhook").filter(({ kind }) => kind !== "Namespace");
}

describe("deploy/ where OpenShift's `restricted-v2` chooses users and groups", () => {
  const WITHOUT_USER: Readonly<Record<string, (namespace: string) => KubernetesObject[]>> = {
    "a story with a sidecar": (namespace) => story(["openshift", "openshift-sidecar"], namespace),
    "a stdio server": (namespace) => story(["openshift"], namespace, "stdio-server"),
    "inject --any-user": () => injected(true),
    "the chart": (namespace) => render(CHART, { ...HTTP, openshift: true }, namespace),
    "the chart with a stdio server": (namespace) => render(CHART, { ...STDIO, openshift: true }, namespace),
    "the webhook": (namespace) => webhook(["openshift"], namespace),
    "the chart of the webhook": (namespace) => render(WEBHOOK_CHART, { openshift: true }, namespace),
  };
  const WITH_USER: Readonly<Record<string, (namespace: string) => KubernetesObject[]>> = {
    "a story with a sidecar": (namespace) => story([], namespace),
    "a stdio server": (namespace) => story([], namespace, "stdio-server"),
    inject: () => injected(false),
    "the chart": (namespace) => render(CHART, HTTP, namespace).filter(({ kind }) => kind !== "Pod"),
  };
  beforeAll(async () => startOpenShiftNamespace(cluster.admin, "openshift"));

  it.each(Object.entries(WITHOUT_USER))(
    "%s: accepted, pods admitted, nothing left",
    async (_name, objects) => {
      await tryOut(cluster.admin, objects("openshift"), "openshift");
    },
  );

  it.each(Object.entries(WITH_USER))("%s without the setting is refused", async (_name, objects) => {
    const all = objects("openshift");
    await applyAll(cluster.admin, all, "openshift");
    await expect(untilAdmitted(cluster.admin, all, "openshift")).rejects.toThrow("runAsUser is fixed");
    await removeAll(cluster.admin, all, "openshift");
  });
});

const SERVICE = z.object({
  spec: z.object({ clusterIPs: z.array(z.string()), ipFamilies: z.array(z.string()) }),
});

async function familiesOf({ admin }: ControlPlane, objects: readonly KubernetesObject[]): Promise<string[]> {
  const path = await admin.pathOf(only(objects, "Service"), "families");
  const { clusterIPs, ipFamilies } = SERVICE.parse(await admin.get(path)).spec;
  expect(clusterIPs.map((address) => (address.includes(":") ? "IPv6" : "IPv4"))).toEqual(ipFamilies);
  return ipFamilies;
}

describe("the chart's Service", () => {
  beforeAll(async () => startNamespace(cluster.admin, "families"));

  it.each([
    [["IPv4"], {}],
    [["IPv4", "IPv6"], { ipFamilyPolicy: "PreferDualStack" }],
    [["IPv6", "IPv4"], { ipFamilyPolicy: "RequireDualStack", ipFamilies: ["IPv6", "IPv4"] }],
    [["IPv6"], { ipFamilyPolicy: "SingleStack", ipFamilies: ["IPv6"] }],
  ])("has the addresses %s in a cluster of two families with %o", async (families, service) => {
    const objects = render(CHART, { ...HTTP, service }, "families");
    await applyAll(cluster.admin, objects, "families");
    await untilAdmitted(cluster.admin, objects, "families");
    expect(await familiesOf(cluster, objects)).toEqual(families);
    await removeAll(cluster.admin, objects, "families");
  });

  it("and that of a story have an IPv6 address in a cluster without IPv4, with nothing set", async () => {
    const ipv6 = await startControlPlane(IPV6);
    await startControllers(ipv6);
    await startNamespace(ipv6.admin, "families");
    for (const objects of [render(CHART, HTTP, "families"), story([], "families")]) {
      await applyAll(ipv6.admin, objects, "families");
      await untilAdmitted(ipv6.admin, objects, "families");
      expect(await familiesOf(ipv6, objects)).toEqual(["IPv6"]);
      await removeAll(ipv6.admin, objects, "families");
    }
  });
});

describe("the webhook with cert-manager's own definitions", () => {
  beforeAll(async () => {
    await install(cluster.admin, certManagerDefinitions());
    await startNamespace(cluster.admin, "certificates");
  });

  it("the kustomization is accepted without a warning, pods admitted, nothing left", async () => {
    const objects = webhook(["webhook-cert-manager"], "certificates");
    expect(objects.filter(({ kind }) => kind === "Certificate")).toHaveLength(2);
    await tryOut(cluster.admin, objects, "certificates");
  });

  it.each(["cert-manager", "an issuer of cert-manager"])(
    "the chart with %s is accepted without a warning, pods admitted, nothing left",
    async (name) => {
      const objects = render(WEBHOOK_CHART, WEBHOOK_VALUES[name] ?? {}, "certificates");
      expect(objects.map(({ kind }) => kind)).toContain("Certificate");
      await tryOut(cluster.admin, objects, "certificates");
    },
  );
});
