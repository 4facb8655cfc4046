/** `tollgate webhook` before the API server of a test: replicas behind one address, as a Service has one. */

import { copyFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { pino } from "pino";
import type { OwnCertificates, WebhookOptions } from "../../../src/commands/webhook/options.ts";
import { type RunningWebhook, startWebhook } from "../../../src/webhook/run.ts";
import { atEnd, temporaryFolder } from "../../fixtures/lifetime.ts";
import { type KubernetesObject, objectsIn } from "../deploy/objects.ts";
import { kustomize } from "../deploy/tools.ts";
import { requestToken } from "./accounts.ts";
import type { ControlPlane } from "./control-plane.ts";

const KUSTOMIZATION = join(import.meta.dirname, "../../../deploy/kubernetes/webhook");
export const WEBHOOK_NAMESPACE = "tollgate-system";
export const WEBHOOK_ACCOUNT = { namespace: WEBHOOK_NAMESPACE, name: "tollgate-webhook" };
export const CONFIGURATION_PATH =
  "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/tollgate-webhook";

/** The objects of the kustomization; no Service leads anywhere without a node, so the API server calls `url`. */
export function webhookObjects(url: string): KubernetesObject[] {
  return objectsIn(kustomize(KUSTOMIZATION)).map((object) => {
    if (object.kind !== "MutatingWebhookConfiguration") return object;
    const webhooks = (object["webhooks"] as object[]).map((webhook) => ({
      ...webhook,
      clientConfig: { url },
    }));
    return { ...object, webhooks };
  });
}

export interface Frontend {
  readonly url: string;
  /** The ports of the replicas, which take turns. */
  readonly lead: (replicas: readonly RunningWebhook[]) => void;
}

/** An address whose connections go to the replicas, as those of a Service do; to none they are cut. */
export async function startFrontend(): Promise<Frontend> {
  let ports: readonly number[] = [];
  let turn = 0;
  const open = new Set<net.Socket>();
  const server = net.createServer((client) => {
    const port = ports[turn++ % Math.max(1, ports.length)];
    if (port === undefined) return void client.destroy();
    const replica = net.connect(port, "127.0.0.1");
    for (const [one, other] of [
      [client, replica],
      [replica, client],
    ] as const) {
      open.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  atEnd(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  const { port } = server.address() as net.AddressInfo;
  return {
    url: `https://localhost:${port}/mutate`,
    lead: (replicas) => void (ports = replicas.map(({ url }) => Number(new URL(url).port))),
  };
}

export interface ReplicaWish {
  readonly choices?: Partial<WebhookOptions["choices"]>;
  readonly times?: OwnCertificates["times"];
}

const HOUR_MS = 3_600_000;
const YEAR = { lifetimeMs: 8_760 * HOUR_MS, renewMs: HOUR_MS, settleMs: 3_000 };

/** A replica with the account's own token and nothing more. */
export async function startReplica(
  cluster: ControlPlane,
  { choices = {}, times = YEAR }: ReplicaWish = {},
): Promise<RunningWebhook> {
  const credentials = temporaryFolder();
  const token = await requestToken(cluster.admin, WEBHOOK_ACCOUNT, { audiences: [] });
  writeFileSync(join(credentials, "token"), token);
  copyFileSync(cluster.caFile, join(credentials, "ca.crt"));
  const options: WebhookOptions = {
    listen: { host: "127.0.0.1", port: 0 },
    admin: { host: "127.0.0.1", port: 0 },
    choices: { path: "/mcp", mode: "shadow", allowedHosts: [], ...choices },
    fixed: [],
    log: { level: "silent", format: "json" },
    certificates: {
      kind: "shared",
      names: ["localhost"],
      namespace: WEBHOOK_NAMESPACE,
      secret: "tollgate-webhook-tls",
      configuration: "tollgate-webhook",
      api: { url: cluster.url, credentials },
      times,
      pollMs: 500,
    },
  };
  const replica = await startWebhook(options, pino({ level: "silent" }), { lameDuckMs: 0 });
  atEnd(replica.stop);
  return replica;
}

export const WEBHOOK_CHART = join(import.meta.dirname, "../../../deploy/helm/tollgate-webhook");

/** Values of the chart that differ from the defaults in each way it knows. */
export const WEBHOOK_VALUES: Readonly<Record<string, object>> = {
  "the defaults": {},
  everything: {
    image: { repository: "registry.example.com/tollgate", digest: `sha256:${"a".repeat(64)}` },
    imagePullSecrets: [{ name: "registry" }],
    sidecar: {
      image: "registry.example.com/tollgate:2",
      mode: "enforce",
      policyConfigMap: "tollgate-policy",
      settingsConfigMap: "tollgate-settings",
      fixed: ["mode", "image"],
      extraArgs: ["--log-level=debug"],
    },
    failurePolicy: "Ignore",
    excludedNamespaces: ["kube-system", "mesh"],
    namespaceSelector: {
      matchLabels: { team: "agents" },
      matchExpressions: [{ key: "stage", operator: "In", values: ["test"] }],
    },
    objectSelector: { matchExpressions: [{ key: "mcp", operator: "Exists" }] },
    replicas: 3,
    openshift: true,
    podAnnotations: { a: "b" },
    podLabels: { team: "platform" },
    priorityClassName: "system-cluster-critical",
    nodeSelector: { disk: "ssd" },
    tolerations: [{ key: "spot", operator: "Exists", effect: "NoSchedule" }],
    affinity: { podAntiAffinity: {} },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "topology.kubernetes.io/zone",
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: { "app.kubernetes.io/name": "tollgate-webhook" } },
      },
    ],
    podMonitor: { enabled: true, labels: { release: "prometheus" } },
  },
  "cert-manager": { certManager: { enabled: true } },
  "an issuer of cert-manager": {
    certManager: { enabled: true, issuerRef: { name: "company", kind: "ClusterIssuer" } },
    podDisruptionBudget: { enabled: false },
    networkPolicy: { enabled: false },
  },
};
