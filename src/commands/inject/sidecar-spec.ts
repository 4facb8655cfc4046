/** The sidecar as Kubernetes runs it: the container and its volumes, the same as deploy/kubernetes/components/sidecar. */

import { isLoopbackHostname } from "../../config/settings/loopback.ts";
import { VERSION } from "../../config/version.ts";

export const MCP_PORT = 8080;
export const ADMIN_PORT = 9464;
export const CONTAINER = "tollgate";

export interface SidecarChoices {
  /** The image; absent: `tollgate` of this version. */
  readonly image?: string;
  /** The server's address; absent: 127.0.0.1, the port of its container, and `path`. */
  readonly upstream?: string;
  /** The server's port; absent: the first port of its container. */
  readonly port?: number;
  readonly path: string;
  /** The name of the server's container; absent: the first one. */
  readonly container?: string;
  readonly mode: "shadow" | "enforce";
  /** A ConfigMap with policy.json; absent: no policy. */
  readonly policyConfigMap?: string;
  /** A ConfigMap with tollgate.yaml; absent: no settings file. */
  readonly settingsConfigMap?: string;
  /** The names that agents call it by, beside those of the Services in the input. */
  readonly allowedHosts: readonly string[];
  /** The one agent of every caller; absent: the settings file says how agents prove their names. */
  readonly agent?: string;
  /** The server's name in metrics and records; absent: that of the workload. */
  readonly server?: string;
  /** A Secret with the admin token at the key `token`; absent: `tollgate-admin`. Without the Secret no token is set. */
  readonly adminTokenSecret?: string;
  /** Serves a server that others reach without Tollgate. */
  readonly allowExposed?: boolean;
  /** Names no user and no group, where the cluster chooses them, as OpenShift's `restricted-v2` does. */
  readonly anyUser?: boolean;
}

/** The user of the image. A pod may name another one for its server. */
const OWN_USER = { runAsUser: 65_532, runAsGroup: 65_532 };

const HARDENED = {
  runAsNonRoot: true,
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};

/** The container, a native sidecar: it starts before the server and ends after it. */
export function sidecarContainer(choices: SidecarChoices, upstream: string, server: string): object {
  const probe = (path: string) => ({ httpGet: { path, port: ADMIN_PORT } });
  return {
    name: CONTAINER,
    image: choices.image ?? `tollgate:${VERSION}`,
    restartPolicy: "Always",
    args: ["run"],
    env: [
      ...variables(choices, upstream, server).map(([name, value]) => ({ name, value })),
      { name: "TOLLGATE_ADMIN_TOKEN", valueFrom: { secretKeyRef: adminToken(choices) } },
    ],
    ports: [
      { name: "tollgate-mcp", containerPort: MCP_PORT },
      { name: "tollgate-admin", containerPort: ADMIN_PORT },
    ],
    startupProbe: { ...probe("/healthz"), periodSeconds: 1, failureThreshold: 60 },
    readinessProbe: { ...probe("/readyz"), periodSeconds: 2, failureThreshold: 2 },
    livenessProbe: { ...probe("/healthz"), periodSeconds: 10, timeoutSeconds: 5 },
    resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "512Mi" } },
    securityContext: { ...(choices.anyUser !== true && OWN_USER), ...HARDENED },
    volumeMounts: sidecarVolumes(choices).map(({ name, mountPath }) => ({ name, mountPath, readOnly: true })),
  };
}

/** Whether the sidecar refuses a server that can be reached without it. One on another host always can. */
function requiresIsolation({ upstream, allowExposed = false }: SidecarChoices): boolean {
  return !allowExposed && (upstream === undefined || isLoopbackHostname(URL.parse(upstream)?.hostname ?? ""));
}

/** Without the token the open pages alone can be read, and nothing be changed. */
function adminToken({ adminTokenSecret = "tollgate-admin" }: SidecarChoices): object {
  return { name: adminTokenSecret, key: "token", optional: true };
}

function variables(
  choices: SidecarChoices,
  upstream: string,
  workload: string,
): readonly (readonly [string, string])[] {
  const { path, mode, policyConfigMap, settingsConfigMap, allowedHosts, agent, server = workload } = choices;
  return [
    ["TOLLGATE_UPSTREAM", upstream],
    ["TOLLGATE_LISTEN", `[::]:${MCP_PORT}`],
    ["TOLLGATE_ADMIN", `[::]:${ADMIN_PORT}`],
    ["TOLLGATE_ADMIN_OPEN", "/metrics"],
    ["TOLLGATE_PATH", path],
    ["TOLLGATE_SERVER", server],
    ["TOLLGATE_MODE", mode],
    ["TOLLGATE_AUDIT", "-"],
    ...(requiresIsolation(choices) ? [["TOLLGATE_REQUIRE_ISOLATION", "true"] as const] : []),
    ...(agent === undefined ? [] : [["TOLLGATE_AGENT", agent] as const]),
    ...(allowedHosts.length > 0 ? [["TOLLGATE_ALLOWED_HOST", allowedHosts.join(",")] as const] : []),
    ...(policyConfigMap === undefined
      ? []
      : [["TOLLGATE_POLICY", "/etc/tollgate/policy/policy.json"] as const]),
    ...(settingsConfigMap === undefined
      ? []
      : [["TOLLGATE_CONFIG", "/etc/tollgate/settings/tollgate.yaml"] as const]),
  ];
}

interface SidecarVolume {
  readonly name: string;
  readonly mountPath: string;
  readonly volume: object;
}

/** Security: an empty folder takes the place of the account's token in Tollgate's container. */
export function sidecarVolumes({
  policyConfigMap,
  settingsConfigMap,
}: SidecarChoices): readonly SidecarVolume[] {
  const files = [
    ["tollgate-policy", "/etc/tollgate/policy", policyConfigMap],
    ["tollgate-settings", "/etc/tollgate/settings", settingsConfigMap],
  ] as const;
  return [
    ...files.flatMap(([name, mountPath, map]) =>
      map === undefined ? [] : [{ name, mountPath, volume: { name, configMap: { name: map } } }],
    ),
    {
      name: "tollgate-no-token",
      mountPath: "/var/run/secrets/kubernetes.io/serviceaccount",
      volume: { name: "tollgate-no-token", emptyDir: { sizeLimit: "1Mi" } },
    },
  ];
}
