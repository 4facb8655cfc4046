/** The Helm chart, rendered by Helm: lint is clean, every object fits its schema strictly, and wrong values are refused. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startUpOf } from "./deploy/mounted.ts";
import { type KubernetesObject, objectsIn, only, validatorFor } from "./deploy/objects.ts";
import {
  containerOf,
  dataOf,
  HARDENED,
  labelsOf,
  podOf,
  securityOf,
  unknownVariables,
  variablesOf,
} from "./deploy/pod.ts";
import { helm, kubernetesSchemas, prometheusDefinitions } from "./deploy/tools.ts";

const CHART = join(import.meta.dirname, "../../deploy/helm/tollgate");
const VERSIONS = ["1.30.0", "1.33.0", "1.37.0"];

const POLICY = { version: "1", default: "deny", tools: { get_order: {} } };
const EVERYTHING = {
  image: { repository: "registry.example.com/tollgate", tag: "9.9.9" },
  imagePullSecrets: [{ name: "registry" }],
  policy: POLICY,
  settings: { bounds: { "drain-ms": 20_000 } },
  limitsSecret: "store",
  adminTokenSecret: "control",
  env: [{ name: "OTEL_EXPORTER_OTLP_ENDPOINT", value: "http://collector:4318" }],
  replicas: 3,
  podAnnotations: { "example.com/note": "x" },
  podLabels: { team: "orders" },
  nodeSelector: { disk: "ssd" },
  tolerations: [{ key: "a", operator: "Exists" }],
  affinity: { podAntiAffinity: {} },
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "ScheduleAnyway" },
  ],
  volumes: [{ name: "data", emptyDir: {} }],
  service: { annotations: { a: "b" } },
  networkPolicy: { from: [{ podSelector: {} }] },
  podMonitor: { enabled: true, labels: { release: "prometheus" } },
  prometheusRule: { enabled: true },
  dashboards: { enabled: true },
};
const HTTP = { transport: "http", image: "registry.example.com/orders-mcp:1.4.2" };
const STDIO = {
  transport: "stdio",
  image: "registry.example.com/sums:2",
  command: ["python3", "-m", "sums"],
};
const MOUNT = { volumeMounts: [{ name: "data", mountPath: "/data" }], env: [{ name: "A", value: "b" }] };

const CASES: Readonly<Record<string, object>> = {
  "an HTTP server, defaults": { server: HTTP },
  "a stdio server, defaults": { server: STDIO },
  "an HTTP server, everything": {
    ...EVERYTHING,
    server: { ...HTTP, ...MOUNT, command: ["serve"], args: ["-v"] },
  },
  "a stdio server, everything": { ...EVERYTHING, server: { ...STDIO, ...MOUNT, args: ["-v"] } },
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-helm-"));
  helm();
  kubernetesSchemas();
  prometheusDefinitions();
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(args: readonly string[], values: object) {
  const file = join(folder, "values.json");
  writeFileSync(file, JSON.stringify(values));
  return spawnSync(helm(), [...args, "--values", file], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
}

function template(values: object) {
  const at = ["--namespace", "shop", "--kube-version", "1.33.0"];
  return run(["template", "orders", CHART, ...at], values);
}

/** Of the settings that the pods are started with. */
function sumOf(values: object): string | undefined {
  return /checksum\/settings: (\S+)/.exec(template(values).stdout)?.[1];
}

const rendered = new Map<string, KubernetesObject[]>();
function objectsOf(name: string): KubernetesObject[] {
  const known = rendered.get(name);
  if (known !== undefined) return known;
  const { status, stdout, stderr } = template(CASES[name] ?? {});
  if (status !== 0) throw new Error(stderr);
  const objects = objectsIn(stdout);
  rendered.set(name, objects);
  return objects;
}

describe.each(Object.keys(CASES))("%s", (name) => {
  const isHttp = name.includes("HTTP");
  const pod = () => podOf(objectsOf(name));
  const tollgate = () => containerOf(pod(), isHttp ? "tollgate" : "server");

  it("passes helm lint", () => {
    const { status, stdout } = run(["lint", "--strict", CHART], CASES[name] ?? {});
    expect({ status, wrong: /\[(?:WARNING|ERROR)\].*/.exec(stdout) }).toEqual({ status: 0, wrong: null });
  });

  it.each(VERSIONS)(
    "has objects that fit the schemas of Kubernetes %s, unknown fields being errors",
    (version) => {
      expect(objectsOf(name).flatMap(validatorFor(version))).toEqual([]);
    },
  );

  it("runs every container as an unprivileged user, on a file system it cannot write, with no capability", () => {
    for (const container of [...pod().initContainers, ...pod().containers])
      expect(securityOf(pod(), container)).toMatchObject(HARDENED);
    expect(pod().automountServiceAccountToken).toBe(false);
  });

  it("would start with its settings and its policy", () => {
    const objects = objectsOf(name);
    const variables = variablesOf(objects, tollgate());
    expect(unknownVariables(variables)).toEqual([]);
    const files = {
      ...dataOf(objects, "orders-tollgate-settings"),
      ...dataOf(objects, "orders-tollgate-policy"),
    };
    const flat = Object.entries(variables).map(([key, value]) => [
      key,
      value.replace(/^\/etc\/tollgate\/(?:policy|settings)\//, "/etc/tollgate/"),
    ]);
    const secrets = { TOLLGATE_LIMITS: "memory", TOLLGATE_ADMIN_TOKEN: "" };
    const settings = startUpOf({
      files,
      variables: { ...Object.fromEntries(flat), ...secrets },
      ...(!isHttp && { command: STDIO.command }),
    });
    expect(settings).toMatchObject({
      mode: "shadow",
      server: "orders",
      listen: { host: "::", port: 8080 },
    });
    expect(settings.allowedHosts).toContain("orders-tollgate.shop.svc.cluster.local");
    expect(pod().terminationGracePeriodSeconds).toBeGreaterThan(
      (isHttp ? 10 : 0) + (settings.bounds.lameDuckMs + settings.bounds.drainMs) / 1_000,
    );
  });

  it("has its pods found by Service and NetworkPolicy, and no other port open", () => {
    const objects = objectsOf(name);
    const { selector } = only(objects, "Service")["spec"] as { selector: Record<string, string> };
    expect(labelsOf(objects)).toMatchObject(selector);
    expect(only(objects, "NetworkPolicy")).toMatchObject({
      spec: {
        podSelector: { matchLabels: selector },
        ingress: [{ ports: [{ port: 8080 }] }, { ports: [{ port: 9464 }], from: [{}] }],
      },
    });
  });
});

describe("the chart", () => {
  it("adds a native sidecar to an HTTP server, which waits at the end", () => {
    const pod = podOf(objectsOf("an HTTP server, everything"));
    expect(containerOf(pod, "tollgate")).toMatchObject({
      image: "registry.example.com/tollgate:9.9.9",
      restartPolicy: "Always",
    });
    expect(containerOf(pod, "server")).toMatchObject({ lifecycle: { preStop: { sleep: { seconds: 10 } } } });
  });

  it("starts a stdio server with the executable that an init container copies", () => {
    const pod = podOf(objectsOf("a stdio server, everything"));
    expect(containerOf(pod, "tollgate-install").args).toEqual(["install", "/tollgate"]);
    expect(containerOf(pod, "server").command).toEqual(["/tollgate/tollgate", "run", "--", ...STDIO.command]);
  });

  it("contains the alerts and the six boards", () => {
    const objects = objectsOf("an HTTP server, everything");
    expect(JSON.stringify(only(objects, "PrometheusRule"))).toContain('"alert":"SidecarDown"');
    const boards = objects.filter(({ metadata }) => metadata.name.includes("-board-"));
    expect(boards).toHaveLength(6);
    for (const { metadata } of boards) expect(metadata).toMatchObject({ labels: { grafana_dashboard: "1" } });
    expect(only(objects, "PodMonitor").metadata.name).toContain("tollgate");
  });

  it("puts the policy into its ConfigMap unchanged", () => {
    const { "policy.json": text = "" } = dataOf(
      objectsOf("an HTTP server, everything"),
      "orders-tollgate-policy",
    );
    expect(JSON.parse(text)).toEqual(POLICY);
  });

  it("restarts pods when the settings change, and not when the policy changes", () => {
    const before = sumOf({ server: HTTP });
    expect(sumOf({ server: HTTP, policy: POLICY })).toBe(before);
    expect(sumOf({ server: HTTP, settings: { approvals: { "ttl-seconds": 60 } } })).not.toBe(before);
  });

  it.each([
    ["no image", {}, "say which image has the MCP server"],
    ["an unknown value", { server: HTTP, replica: 2 }, "replica"],
    ["an unknown value further down", { server: { ...HTTP, prot: 1 } }, "prot"],
    ["a value of the wrong type", { server: HTTP, replicas: "two" }, "replicas"],
    ["an unknown transport", { server: { ...HTTP, transport: "sse" } }, "transport"],
    ["a server on Tollgate's own port", { server: { ...HTTP, port: 8080 } }, "8080 is a port of Tollgate"],
    [
      "a server on the port of the admin listener",
      { server: { ...HTTP, port: 9464 } },
      "9464 is a port of Tollgate",
    ],
    ["a stdio server without a command", { server: { transport: "stdio", image: "x:1" } }, "command"],
  ])("refuses %s", (_name, values, word) => {
    const { status, stderr } = template(values);
    expect(status).not.toBe(0);
    expect(stderr).toContain(word);
  });
});
