/** A node without a kubelet: its end of port-forwards leads to loopback, and pods on it are said to run. */

import { createServer } from "node:https";
import { once } from "node:events";
import { newAuthority, newCertificate } from "../../fixtures/certificates.ts";
import { atEnd } from "../../fixtures/lifetime.ts";
import { type PodOptions, runningStatus, sidecarPod } from "../../fixtures/pod-manifest.ts";
import { servePortForward } from "../../fixtures/pod-forward.ts";
import type { KubernetesApi } from "./api.ts";

const NODE = "node-without-kubelet";

/** Registers the node. The API server connects to it for each port-forward, after it has authorized the caller. */
export async function startNode(api: KubernetesApi): Promise<void> {
  const authority = await newAuthority("kubelet");
  const server = createServer(await newCertificate(authority, { commonName: NODE }));
  servePortForward(server, ({ pathname }) =>
    pathname.startsWith("/portForward/") ? undefined : "404 Not Found",
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  await api.get("/api/v1/nodes", { method: "POST", body: { metadata: { name: NODE } } });
  const status = {
    addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
  };
  await patch(api, `/api/v1/nodes/${NODE}/status`, { status });
}

/** A pod on the node whose sidecar is a process on loopback, with its admin listener at `port`. */
export async function createSidecarPod(api: KubernetesApi, options: PodOptions): Promise<void> {
  const { status: _status, ...pod } = sidecarPod(options);
  const path = `/api/v1/namespaces/${pod.metadata.namespace}/pods`;
  const spec = { ...pod.spec, nodeName: NODE };
  await api.get(path, { method: "POST", body: { ...pod, spec } });
  await patch(api, `${path}/${options.name}/status`, { status: runningStatus() });
}

async function patch(api: KubernetesApi, path: string, body: object): Promise<void> {
  await api.get(path, { method: "PATCH", body, type: "application/merge-patch+json" });
}
