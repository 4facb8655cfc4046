/** The Helm chart at a real API server, and values for it that differ from the defaults in each way the chart knows. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { temporaryFile, temporaryFolder } from "../../fixtures/lifetime.ts";
import { helm } from "../deploy/tools.ts";

export const CHART = join(import.meta.dirname, "../../../deploy/helm/tollgate");
/** The chart at the last released state, without its boards. */
export const RELEASED_CHART = join(import.meta.dirname, "../../fixtures/released/chart");

/** The output of Helm. @throws when it failed */
export function runHelm(
  args: readonly string[],
  values?: object,
): { readonly stdout: string; readonly stderr: string } {
  const home = temporaryFolder();
  const given = values === undefined ? [] : ["--values", temporaryFile("values.json", values)];
  const { status, stdout, stderr } = spawnSync(helm(), [...args, ...given], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    env: {
      ...process.env,
      HELM_CACHE_HOME: join(home, "cache"),
      HELM_CONFIG_HOME: join(home, "config"),
      HELM_DATA_HOME: join(home, "data"),
    },
  });
  if (status !== 0) throw new Error(`helm ${args.join(" ")}: ${stderr}`);
  return { stdout, stderr };
}

export const HTTP = { server: { transport: "http", image: "registry.example.com/orders-mcp:1.4.2" } };
export const STDIO = {
  server: { transport: "stdio", image: "registry.example.com/sums:2", command: ["python3", "-m", "sums"] },
};
const PROBE = { exec: { command: ["check"] }, periodSeconds: 5 };
const KEYS = {
  volumes: [
    { name: "keys", secret: { secretName: "agent-keys" } },
    { name: "state", emptyDir: { sizeLimit: "64Mi" } },
  ],
  volumeMounts: [
    { name: "keys", mountPath: "/etc/tollgate/keys", readOnly: true },
    { name: "state", mountPath: "/var/lib/tollgate" },
  ],
};
const SIDE_CONTAINER = {
  name: "logs",
  image: "registry.example.com/logs:1",
  securityContext: {
    runAsNonRoot: true,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    seccompProfile: { type: "RuntimeDefault" },
  },
};

export const VALUES: Readonly<Record<string, object>> = {
  "an HTTP server, defaults": HTTP,
  "a stdio server, defaults": STDIO,
  "three pods": { ...HTTP, replicas: 3 },
  "no pod": { ...HTTP, replicas: 0 },
  "an autoscaler by CPU": { ...HTTP, autoscaling: { enabled: true } },
  "an autoscaler by requests in flight": {
    ...HTTP,
    autoscaling: {
      enabled: true,
      targetCPUUtilizationPercentage: 0,
      targetInflightRequests: 50,
    },
  },
  "a budget of disruptions": { ...HTTP, podDisruptionBudget: { enabled: true, maxUnavailable: 2 } },
  "the token and both roles": {
    ...HTTP,
    serviceAccount: { automountToken: true, annotations: { "example.com/team": "orders" } },
    rbac: { tokenReview: true, issuerDiscovery: true },
  },
  "an account of another name": { ...STDIO, serviceAccount: { name: "sums" } },
  "the account of the namespace": { ...HTTP, serviceAccount: { create: false } },
  "an image by digest, pulled with a secret": {
    ...HTTP,
    image: {
      repository: "registry.example.com/tollgate",
      digest: `sha256:${"a".repeat(64)}`,
      pullPolicy: "Always",
    },
    imagePullSecrets: [{ name: "registry" }],
  },
  "files and state": { ...HTTP, ...KEYS, extraArgs: ["--log-level=debug"] },
  "files and state of a stdio server": {
    ...STDIO,
    ...KEYS,
    envFrom: [{ secretRef: { name: "otel", optional: true } }],
  },
  "probes, variables and resources of the server": {
    server: {
      ...HTTP.server,
      command: ["serve"],
      args: ["-v"],
      env: [{ name: "HOST", value: "127.0.0.1" }],
      envFrom: [{ configMapRef: { name: "orders", optional: true } }],
      startupProbe: PROBE,
      readinessProbe: PROBE,
      livenessProbe: PROBE,
      resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "128Mi" } },
      preStopSeconds: 20,
    },
  },
  OpenShift: { ...HTTP, openshift: true },
  "OpenShift with a stdio server": { ...STDIO, openshift: true },
  "annotations and labels": {
    ...HTTP,
    scrapeAnnotations: true,
    podAnnotations: { "sidecar.istio.io/inject": "false" },
    podLabels: { team: "orders" },
  },
  "a mesh of Istio": {
    ...HTTP,
    podAnnotations: {
      "traffic.sidecar.istio.io/excludeInboundPorts": "9464",
      "proxy.istio.io/config": '{ "holdApplicationUntilProxyStarts": true }',
    },
  },
  "a mesh of Linkerd": {
    ...HTTP,
    podAnnotations: {
      "linkerd.io/inject": "enabled",
      "config.linkerd.io/skip-inbound-ports": "9464",
      "config.alpha.linkerd.io/proxy-enable-native-sidecar": "true",
    },
  },
  "places of pods": {
    ...HTTP,
    nodeSelector: { disk: "ssd" },
    tolerations: [{ key: "spot", operator: "Exists", effect: "NoSchedule" }],
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 1,
            podAffinityTerm: {
              topologyKey: "kubernetes.io/hostname",
              labelSelector: { matchLabels: { "app.kubernetes.io/instance": "orders" } },
            },
          },
        ],
      },
    },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "kubernetes.io/hostname",
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: { "app.kubernetes.io/instance": "orders" } },
      },
    ],
    priorityClassName: "system-cluster-critical",
  },
  "another container": { ...HTTP, extraContainers: [SIDE_CONTAINER] },
  "keys of sessions": {
    ...HTTP,
    replicas: 2,
    sessionKeySecret: "sessions",
    limitsSecret: "limits",
    carrySessions: true,
    settings: { identity: { "api-keys": { file: "/etc/tollgate/keys/keys.yaml" } } },
    volumes: [{ name: "keys", secret: { secretName: "agent-keys" } }],
    volumeMounts: [{ name: "keys", mountPath: "/etc/tollgate/keys", readOnly: true }],
  },
  "secrets and an open page": {
    ...HTTP,
    limitsSecret: "store",
    adminTokenSecret: "control",
    adminReadTokenSecret: "reading",
    adminOpen: ["/metrics", "/readyz"],
  },
  "a Service of its own kind": {
    ...HTTP,
    service: { type: "LoadBalancer", port: 8443, annotations: { a: "b" } },
  },
  "a Service on each node": { ...HTTP, service: { type: "NodePort" } },
  "no NetworkPolicy": { ...HTTP, networkPolicy: { enabled: false } },
  "a NetworkPolicy with ways out": {
    ...HTTP,
    networkPolicy: {
      from: [{ namespaceSelector: { matchLabels: { team: "agents" } } }],
      adminFrom: [{ ipBlock: { cidr: "192.0.2.0/24" } }],
      egress: {
        enabled: true,
        rules: [{ to: [{ ipBlock: { cidr: "10.0.0.0/8" } }], ports: [{ port: 6379 }] }],
      },
    },
  },
  "the Prometheus operator": {
    ...HTTP,
    podMonitor: {
      enabled: true,
      interval: "15s",
      labels: { release: "prometheus" },
      authorization: { credentials: { name: "reading", key: "token" } },
      tlsConfig: { insecureSkipVerify: true },
    },
    prometheusRule: { enabled: true, labels: { release: "prometheus" } },
    dashboards: { enabled: true },
  },
  "TLS of the admin listener": {
    ...HTTP,
    settings: { admin: { tls: { cert: "/etc/tollgate/tls/tls.crt", key: "/etc/tollgate/tls/tls.key" } } },
    volumes: [{ name: "tls", secret: { secretName: "tls" } }],
    volumeMounts: [{ name: "tls", mountPath: "/etc/tollgate/tls", readOnly: true }],
  },
  "a policy and settings": {
    ...STDIO,
    mode: "enforce",
    address: "0.0.0.0",
    policy: { version: "1", default: "deny", tools: { add: {} } },
    settings: { bounds: { "drain-ms": 20_000 }, stdio: { "max-children": 5 } },
    allowedHosts: ["sums.example.com"],
    terminationGracePeriodSeconds: 90,
  },
  "ConfigMaps that exist, and more objects": {
    ...HTTP,
    existingPolicyConfigMap: "orders-policy",
    existingSettingsConfigMap: "orders-settings",
    strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    extraInitContainers: [{ ...SIDE_CONTAINER, name: "migrate" }],
    extraObjects: [{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "{{ .Release.Name }}-extra" } }],
  },
};
