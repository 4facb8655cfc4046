/** Servers in front of the interfaces of a cloud, a cluster or a dashboard. */

import { join } from "node:path";
import { writeFileSync } from "node:fs";

import type { Stage } from "../stage.ts";
import type { Received, Reply } from "../stand-in.ts";

const PYTHON = join(import.meta.dirname, "../python");
const AWS = { PYTHONPATH: PYTHON, AWS_MAX_ATTEMPTS: "1", AWS_API_MCP_TELEMETRY: "false" };

export const CLOUD_STAGES: Readonly<Record<string, Stage>> = {
  "aws-api": {
    standIn: "a stand-in for AWS",
    env: () => AWS,
    // In place of the list of reading operations, which it would download: every operation is one.
    args: () => [
      "-c",
      "from awslabs.aws_api_mcp_server import server; server.get_read_only_operations = type('All', (), {'has': lambda *_, **__: True}); server.main()",
    ],
    reply: ({ host }) =>
      host.startsWith("ec2")
        ? {
            type: "text/xml",
            body: "<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>",
          }
        : undefined,
  },
  healthomics: {
    standIn: "a stand-in for AWS",
    env: ({ folder }) => {
      writeFileSync(
        join(folder, "config"),
        "[default]\nregion = us-east-1\n[profile other]\nregion = us-west-2\n",
      );
      return { ...AWS, AWS_CONFIG_FILE: join(folder, "config") };
    },
    isNoise: ({ host }) => host.startsWith("sts."),
  },
  prometheus: {
    standIn: "a stand-in for AWS and Prometheus",
    env: ({ folder, port }) => {
      writeFileSync(
        join(folder, "config"),
        "[default]\nregion = us-east-1\n[profile other]\nregion = us-west-2\n",
      );
      return {
        ...AWS,
        AWS_CONFIG_FILE: join(folder, "config"),
        PROMETHEUS_URL: `http://127.0.0.1:${port}/workspaces/ws-1`,
      };
    },
    reply: () => ({
      body: '{"status":"success","data":{"resultType":"vector","result":[]},"workspaces":[]}',
    }),
  },
  grafana: {
    standIn: "a stand-in for Grafana",
    env: ({ port }) => ({ GRAFANA_URL: `http://127.0.0.1:${port}`, GRAFANA_SERVICE_ACCOUNT_TOKEN: "none" }),
    reply: grafana,
    isNoise: ({ path }) =>
      /^\/api\/(datasources\/uid\/\w|frontend\/.*|plugins\/[\w-]+\/settings)$/.test(path),
  },
  kubernetes: {
    standIn: "a stand-in for the API server",
    reply: cluster,
    isNoise: ({ path }) => /^\/(api|apis|version|openapi)(\/v1|\/apps\/v1|\/v2|\/v3)?(\?.*)?$/.test(path),
    args: ({ folder, port }) => {
      const file = join(folder, "kubeconfig");
      writeFileSync(
        file,
        `apiVersion: v1\nkind: Config\nclusters: [{ name: none, cluster: { server: 'http://127.0.0.1:${port}' } }]\ncontexts: [{ name: none, context: { cluster: none, user: none } }]\ncurrent-context: none\nusers: [{ name: none, user: {} }]\n`,
      );
      return ["--toolsets", "core,config,helm", "--kubeconfig", file];
    },
  },
};

const SOURCES: Readonly<Record<string, string>> = { p: "prometheus", l: "loki", t: "tempo" };

function grafana({ path, host }: Received): Reply | undefined {
  if (path.endsWith("/settings"))
    return { body: JSON.stringify({ jsonData: { onCallApiUrl: `http://${host}` } }) };
  const uid = /\/uid\/(\w)/.exec(path)?.[1];
  if (uid !== undefined && path.startsWith("/api/datasources/uid/") && !path.includes("/proxy/"))
    return {
      body: JSON.stringify({
        id: 1,
        uid,
        name: uid,
        type: SOURCES[uid] ?? "prometheus",
        access: "proxy",
        url: "http://a.example",
      }),
    };
  return { body: '{"status":"success","data":{"resultType":"vector","result":[]}}' };
}

const RESOURCES: Readonly<Record<string, readonly (readonly [name: string, kind: string])[]>> = {
  v1: [
    ["pods", "Pod"],
    ["secrets", "Secret"],
    ["configmaps", "ConfigMap"],
    ["serviceaccounts", "ServiceAccount"],
    ["pods/log", "Pod"],
  ],
  "apps/v1": [
    ["deployments", "Deployment"],
    ["deployments/scale", "Scale"],
  ],
};

function cluster({ path, body, method }: Received): Reply {
  const [place = ""] = path.split("?");
  if (place === "/version") return json({ major: "1", minor: "34", gitVersion: "v1.34.0" });
  if (place === "/api") return json({ kind: "APIVersions", versions: ["v1"] });
  if (place === "/apis") {
    const version = { groupVersion: "apps/v1", version: "v1" };
    return json({
      kind: "APIGroupList",
      apiVersion: "v1",
      groups: [{ name: "apps", versions: [version], preferredVersion: version }],
    });
  }
  const group = /^\/apis?\/((?:apps\/)?v1)$/.exec(place)?.[1];
  if (group !== undefined)
    return json({
      kind: "APIResourceList",
      apiVersion: "v1",
      groupVersion: group,
      resources: (RESOURCES[group] ?? []).map(([name, kind]) => ({
        name,
        kind,
        singularName: "",
        namespaced: true,
        verbs: ["get", "list", "create", "patch", "update", "delete"],
      })),
    });
  if (place.endsWith("/log")) return { type: "text/plain", body: "a line" };
  if (place.endsWith("/scale"))
    return json({
      kind: "Scale",
      apiVersion: "autoscaling/v1",
      metadata: { name: "a", namespace: "shop" },
      spec: { replicas: 1 },
    });
  if (method === "PATCH" || method === "PUT") return json(asObject(body));
  return json({
    kind: "Deployment",
    apiVersion: "apps/v1",
    metadata: { name: "a", namespace: "shop" },
    spec: { replicas: 1 },
  });
}

function json(value: object): Reply {
  return { body: JSON.stringify(value) };
}

function asObject(body: string): object {
  try {
    return JSON.parse(body);
  } catch {
    return { kind: "ConfigMap", apiVersion: "v1", metadata: { name: "a", namespace: "shop" } };
  }
}
