/** Values of the chart beyond the defaults: each does what its description says, in objects that fit their schemas. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type KubernetesObject, objectsIn, only, validatorFor } from "./deploy/objects.ts";
import { GOLDEN, readGolden, renderGolden } from "./deploy/golden.ts";
import { containerOf, dataOf, podOf } from "./deploy/pod.ts";
import { helm, kubernetesSchemas } from "./deploy/tools.ts";

const CHART = join(import.meta.dirname, "../../deploy/helm/tollgate");
const HTTP = { transport: "http", image: "registry.example.com/orders-mcp:1.4.2" };
const STDIO = { transport: "stdio", image: "registry.example.com/sums:2", command: ["sums"] };
const TOKEN_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";
const DIGEST = `sha256:${"a".repeat(64)}`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-chart-"));
  helm();
  kubernetesSchemas();
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function template(values: object) {
  const file = join(folder, "values.json");
  writeFileSync(file, JSON.stringify(values));
  const args = [
    "template",
    "orders",
    CHART,
    "--namespace",
    "shop",
    "--kube-version",
    "1.33.0",
    "--values",
    file,
  ];
  return spawnSync(helm(), args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
}

/** The objects, each of which fits its schema. */
function render(values: object): KubernetesObject[] {
  const { status, stdout, stderr } = template(values);
  if (status !== 0) throw new Error(stderr);
  const objects = objectsIn(stdout);
  expect(objects.flatMap(validatorFor("1.33.0"))).toEqual([]);
  return objects;
}

function listens(values: object): string {
  return text(containerOf(podOf(render({ server: HTTP, ...values })), "tollgate"));
}

function text(value: unknown): string {
  return JSON.stringify(value);
}

describe("the chart", () => {
  it.each([
    ["http", { server: HTTP }, "tollgate"],
    ["stdio", { server: STDIO }, "server"],
  ])("mounts files into Tollgate's container with %s", (_name, server, name) => {
    const volumeMounts = [
      { name: "keys", mountPath: "/etc/tollgate/keys", readOnly: true },
      { name: "state", mountPath: "/var/lib/tollgate" },
    ];
    const volumes = [
      { name: "keys", secret: { secretName: "agent-keys" } },
      { name: "state", persistentVolumeClaim: { claimName: "state" } },
    ];
    const envFrom = [{ secretRef: { name: "otel" } }];
    const objects = render({ ...server, volumeMounts, volumes, envFrom, extraArgs: ["--log-level=debug"] });
    const tollgate = containerOf(podOf(objects), name);
    for (const mount of volumeMounts) expect(text(tollgate)).toContain(text(mount));
    expect(text(tollgate)).toContain(text({ envFrom }).slice(1, -1));
    expect(text([tollgate.command, tollgate.args])).toContain("--log-level=debug");
    if (name === "tollgate") expect(text(containerOf(podOf(objects), "server"))).not.toContain("agent-keys");
  });

  it("gives the account's token to Tollgate's container alone", () => {
    const objects = render({ server: HTTP, serviceAccount: { automountToken: true } });
    const pod = podOf(objects);
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(text(containerOf(pod, "tollgate"))).toContain(TOKEN_FOLDER);
    expect(text(containerOf(pod, "server"))).not.toContain(TOKEN_FOLDER);
    expect(only(objects, "ServiceAccount")).toMatchObject({ automountServiceAccountToken: false });
  });

  it("does not give it where the server runs in the same container", () => {
    const { status, stderr } = template({ server: STDIO, serviceAccount: { automountToken: true } });
    expect(status).not.toBe(0);
    expect(stderr).toContain("the server runs in Tollgate's container and could use the token");
  });

  it("binds the roles that the identity of ServiceAccounts needs, when asked to", () => {
    const objects = render({ server: HTTP, rbac: { tokenReview: true, issuerDiscovery: true } });
    const bindings = objects.filter(({ kind }) => kind === "ClusterRoleBinding");
    expect(bindings.map(({ metadata, roleRef }) => [metadata.name, roleRef])).toEqual([
      [
        "shop-orders-tollgate-issuer-discovery",
        expect.objectContaining({ name: "system:service-account-issuer-discovery" }),
      ],
      ["shop-orders-tollgate-token-review", expect.objectContaining({ name: "system:auth-delegator" })],
    ]);
    for (const { subjects } of bindings)
      expect(subjects).toEqual([{ kind: "ServiceAccount", name: "orders-tollgate", namespace: "shop" }]);
    expect(render({ server: HTTP }).some(({ kind }) => kind === "ClusterRoleBinding")).toBe(false);
  });

  it("leaves the number of pods to the autoscaler, and keeps some through drains", () => {
    const objects = render({
      server: HTTP,
      autoscaling: { enabled: true, minReplicas: 3, maxReplicas: 9 },
      podDisruptionBudget: { enabled: true },
    });
    expect(only(objects, "Deployment")["spec"]).not.toHaveProperty("replicas");
    expect(only(objects, "HorizontalPodAutoscaler")).toMatchObject({
      spec: {
        scaleTargetRef: { kind: "Deployment", name: "orders-tollgate" },
        minReplicas: 3,
        maxReplicas: 9,
      },
    });
    expect(only(objects, "PodDisruptionBudget")).toMatchObject({ spec: { maxUnavailable: 1 } });
    expect(only(render({ server: HTTP }), "Deployment")).toMatchObject({ spec: { replicas: 1 } });
  });

  it("gives an HTTP server its own probes and variables", () => {
    const probe = { exec: { command: ["check"] } };
    const envFrom = [{ configMapRef: { name: "orders" } }];
    const server = { ...HTTP, envFrom, livenessProbe: probe, readinessProbe: probe, startupProbe: probe };
    expect(containerOf(podOf(render({ server })), "server")).toMatchObject({
      envFrom,
      livenessProbe: probe,
      readinessProbe: probe,
      startupProbe: probe,
    });
  });

  it("tells a Prometheus without the operator where to scrape", () => {
    const pods = text(only(render({ server: HTTP, scrapeAnnotations: true }), "Deployment"));
    expect(pods).toContain(
      '"prometheus.io/scrape":"true","prometheus.io/port":"9464","prometheus.io/path":"/metrics"',
    );
  });

  it("shuts the ways out except DNS and those that are named", () => {
    const rules = [{ to: [{ podSelector: {} }], ports: [{ port: 6379, protocol: "TCP" }] }];
    const policy = only(
      render({ server: HTTP, networkPolicy: { egress: { enabled: true, rules } } }),
      "NetworkPolicy",
    );
    expect(policy).toMatchObject({
      spec: {
        policyTypes: ["Ingress", "Egress"],
        egress: [{ ports: [{ port: 53 }, { port: 53 }] }, rules[0]],
      },
    });
    expect(only(render({ server: HTTP }), "NetworkPolicy")).toMatchObject({
      spec: { policyTypes: ["Ingress"] },
    });
  });

  it.each([
    [{ repository: "r.example/t", digest: DIGEST }, `r.example/t@${DIGEST}`],
    [{ repository: "r.example/t", tag: "2" }, "r.example/t:2"],
  ])("takes the image %s", (image, reference) => {
    const pod = podOf(render({ server: HTTP, image }));
    expect(containerOf(pod, "tollgate").image).toBe(reference);
  });

  it("listens at the address that is given, by default on both families", () => {
    expect(listens({})).toContain('"[::]:8080"');
    expect(listens({})).toContain('"[::]:9464"');
    expect(listens({ address: "0.0.0.0" })).toContain('"0.0.0.0:8080"');
    expect(listens({ settings: { admin: { tls: { cert: "/c", key: "/k" } } } })).toContain(
      '"https://[::]:9464"',
    );
  });

  it.each([
    ["http", HTTP, "tollgate"],
    ["stdio", STDIO, "server"],
  ])("mounts the keys of sessions, and names their file, with %s", (_transport, server, name) => {
    const identity = { "api-keys": { file: "/etc/tollgate/keys.yaml" } };
    const objects = render({ server, sessionKeySecret: "sessions", settings: { identity } });
    const pod = podOf(objects);
    expect(pod.volumes.find((volume) => volume.name === "tollgate-session-keys")).toMatchObject({
      secret: { secretName: "sessions", items: [{ key: "keys", path: "keys" }] },
    });
    expect(text(containerOf(pod, name))).toContain('"/etc/tollgate/session-keys"');
    expect(parse(dataOf(objects, "orders-tollgate-settings")["tollgate.yaml"] ?? "")).toMatchObject({
      identity: { ...identity, "session-key-file": "/etc/tollgate/session-keys/keys" },
    });
  });

  it("refuses keys of sessions without a source of identity, and says which", () => {
    const { status, stderr } = template({ server: HTTP, sessionKeySecret: "sessions" });
    expect(status).not.toBe(0);
    expect(stderr).toContain("name a source of identity in settings.identity");
  });

  it.each(GOLDEN)("renders %s as its golden file; npm run helm:golden writes it", (name) => {
    expect(renderGolden(name)).toBe(readGolden(name));
  });

  it("scales by requests in flight, of an adapter", () => {
    const autoscaling = { enabled: true, targetCPUUtilizationPercentage: 0, targetInflightRequests: 50 };
    expect(only(render({ server: HTTP, autoscaling }), "HorizontalPodAutoscaler")).toMatchObject({
      spec: {
        metrics: [
          {
            type: "Pods",
            pods: {
              metric: { name: "tollgate_inflight_requests" },
              target: { type: "AverageValue", averageValue: "50" },
            },
          },
        ],
      },
    });
  });

  it("takes settings from a ConfigMap that exists, and makes none", () => {
    const objects = render({ server: HTTP, existingSettingsConfigMap: "mine" });
    expect(podOf(objects).volumes).toContainEqual({ name: "tollgate-settings", configMap: { name: "mine" } });
    expect(objects.map(({ metadata }) => metadata.name)).not.toContain("orders-tollgate-settings");
  });

  it("has a test for helm test that the Service does not select", () => {
    const objects = render({ server: HTTP });
    const { metadata, spec } = only(objects, "Pod");
    expect(metadata["annotations"]).toMatchObject({ "helm.sh/hook": "test" });
    expect(text(spec)).toContain("http://orders-tollgate.shop.svc:80/readyz");
    expect(metadata["labels"]).not.toMatchObject(
      (only(objects, "Service")["spec"] as { readonly selector: object }).selector,
    );
  });

  it.each([
    [{ existingSettingsConfigMap: "mine", settings: { bounds: {} } }, "takes the place of settings"],
    [{ autoscaling: { enabled: true, minReplicas: 9 } }, "minReplicas: 9 is more than"],
    [{ autoscaling: { enabled: true, targetCPUUtilizationPercentage: 0 } }, "autoscaling: has no metric"],
    [{ fullnameOverride: "orders" }, "fullnameOverride"],
  ])("refuses %j in words", (values, words) => {
    const { status, stderr } = template({ server: HTTP, ...values });
    expect([status, stderr]).toEqual([1, expect.stringContaining(words)]);
  });

  it("tells each pod its own address to carry sessions, and refuses to without a store and keys", () => {
    const secrets = { sessionKeySecret: "sessions", limitsSecret: "limits" };
    const tollgate = containerOf(
      podOf(render({ server: HTTP, carrySessions: true, ...secrets })),
      "tollgate",
    );
    const names = tollgate.env.map(({ name }) => name);
    expect(names.indexOf("POD_IP")).toBe(names.indexOf("TOLLGATE_REPLICA_ADDRESS") - 1);
    expect(text(tollgate)).toContain('"$(POD_IP):8080"');
    for (const name of ["sessionKeySecret", "limitsSecret"] as const) {
      const { stderr } = template({ server: HTTP, carrySessions: true, ...secrets, [name]: "" });
      expect(stderr).toContain("carrySessions: pods find each other in a store");
    }
  });

  it("leaves user and group to OpenShift", () => {
    expect(podOf(render({ server: HTTP, openshift: true })).securityContext).toEqual({});
    expect(podOf(render({ server: HTTP })).securityContext).toMatchObject({ runAsUser: 65532 });
  });

  it("has the orphans of a stdio server reaped by the pod", () => {
    expect(podOf(render({ server: STDIO }))).toMatchObject({ shareProcessNamespace: true });
    expect(podOf(render({ server: HTTP }))).not.toHaveProperty("shareProcessNamespace");
  });
});
