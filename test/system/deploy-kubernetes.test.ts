/** deploy/kubernetes, built by kustomize: every object fits its schema strictly, and the two stories say what their READMEs say. */

import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { startUpOf } from "./deploy/mounted.ts";
import { closed, type KubernetesObject, objectsIn, only, validatorFor } from "./deploy/objects.ts";
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
import { kubernetesSchemas, kustomize, prometheusDefinitions } from "./deploy/tools.ts";

const FOLDER = join(import.meta.dirname, "../../deploy/kubernetes");
/** The oldest that has what the manifests use, one between, the newest with a schema. */
const VERSIONS = ["1.30.0", "1.33.0", "1.37.0"];
const STORIES = ["http-server", "stdio-server"];
/** `kubectl apply` keeps a copy in an annotation, and annotations have this many bytes together. */
const APPLICABLE_BYTES = 262_144;

const built: Record<string, KubernetesObject[]> = {};
function objectsOf(folder: string): KubernetesObject[] {
  return (built[folder] ??= objectsIn(kustomize(join(FOLDER, folder))));
}

const httpPod = () => podOf(objectsOf("http-server"));
const deployment = (): KubernetesObject => structuredClone(only(objectsOf("http-server"), "Deployment"));
const validate = (object: KubernetesObject): string[] => validatorFor("1.33.0")(object);
const stdioPod = () => podOf(objectsOf("stdio-server"));

beforeAll(() => {
  kubernetesSchemas();
  prometheusDefinitions();
}, 300_000);

describe.each(VERSIONS)("for Kubernetes %s", (version) => {
  it.each([...STORIES, "monitoring", "admission"])(
    "every object of %s fits its schema, unknown fields being errors",
    (folder) => {
      const validate = validatorFor(version);
      expect(objectsOf(folder).flatMap(validate)).toEqual([]);
    },
  );
});

describe("the validator", () => {
  it("reports an unknown field of a Deployment", () => {
    const wrong = deployment();
    const spec = (wrong["spec"] as { template: { spec: Record<string, unknown> } }).template.spec;
    spec["initContainer"] = [];
    expect(validate(wrong).join()).toContain('{"additionalProperty":"initContainer"}');
  });

  it("reports a value of the wrong type", () => {
    const wrong = deployment();
    Object.assign(wrong["spec"] as object, { replicas: "two" });
    expect(validate(wrong).join()).toContain("/spec/replicas");
  });

  it.each(["PodMonitor", "PrometheusRule"])("reports an unknown field of a %s", (kind) => {
    const folder = kind === "PodMonitor" ? "http-server" : "monitoring";
    const wrong = structuredClone(only(objectsOf(folder), kind));
    Object.assign(wrong["spec"] as object, { intervall: "30s" });
    expect(validate(wrong).join()).toContain('{"additionalProperty":"intervall"}');
  });

  it("closes what a definition leaves open, and leaves open what is meant to be", () => {
    expect(closed({ properties: { a: {} } })).toMatchObject({ additionalProperties: false });
    expect(closed({ properties: {}, "x-kubernetes-preserve-unknown-fields": true })).not.toHaveProperty(
      "additionalProperties",
    );
  });
});

describe.each(STORIES)("%s", (folder) => {
  const pod = () => podOf(objectsOf(folder));
  const tollgate = () => containerOf(pod(), folder === "http-server" ? "tollgate" : "server");

  it("runs Tollgate as an unprivileged user, on a file system it cannot write, with no capability", () => {
    expect(securityOf(pod(), tollgate())).toMatchObject(HARDENED);
    expect(tollgate().resources).toMatchObject({ requests: {}, limits: {} });
  });

  it("gives Tollgate no token of a service account", () => {
    const hidden = tollgate().volumeMounts.some(
      ({ mountPath }) => mountPath === "/var/run/secrets/kubernetes.io/serviceaccount",
    );
    expect(hidden || pod().automountServiceAccountToken === false).toBe(true);
  });

  it("sets only variables that Tollgate reads, and Tollgate would start with them", () => {
    const objects = objectsOf(folder);
    const variables = variablesOf(objects, tollgate());
    expect(unknownVariables(variables)).toEqual([]);
    const command = tollgate().command?.slice((tollgate().command ?? []).indexOf("--") + 1);
    const files = dataOf(objects, "tollgate-files");
    const settings = startUpOf({
      files,
      variables: { ...variables, TOLLGATE_ADMIN_TOKEN: "" },
      ...(command && { command }),
    });
    expect(settings).toMatchObject({
      listen: { host: "::", port: 8080 },
      admin: { host: "::", port: 9464 },
      mode: "shadow",
      audit: "-",
    });
    const service = only(objects, "Service").metadata;
    expect(settings.allowedHosts).toContain(`${service.name}.${service.namespace}.svc.cluster.local`);
  });

  it("leads the Service to the guarded port, and opens no other but to the monitoring namespace", () => {
    const objects = objectsOf(folder);
    expect(only(objects, "Service")).toMatchObject({ spec: { ports: [{ targetPort: 8080 }] } });
    expect(only(objects, "NetworkPolicy")).toMatchObject({
      spec: { policyTypes: ["Ingress"], ingress: [{ ports: [{ port: 8080 }] }, { ports: [{ port: 9464 }] }] },
    });
    const rules = (only(objects, "NetworkPolicy")["spec"] as { ingress: object[] }).ingress;
    expect(rules).toHaveLength(2);
    expect(rules[1]).toHaveProperty("from");
  });

  it("has its pods found by the PodMonitor and the NetworkPolicy", () => {
    const objects = objectsOf(folder);
    const label = { "tollgate.dev/guarded": "true" };
    expect(labelsOf(objects)).toMatchObject(label);
    expect(only(objects, "NetworkPolicy")).toMatchObject({ spec: { podSelector: { matchLabels: label } } });
    expect(only(objects, "PodMonitor")).toMatchObject({
      metadata: { name: expect.stringContaining("tollgate") },
      spec: { selector: { matchLabels: label }, podMetricsEndpoints: [{ port: "tollgate-admin" }] },
    });
    expect(tollgate().ports).toContainEqual({ name: "tollgate-admin", containerPort: 9464 });
  });

  it("mounts the policy as a folder, under a name that does not change with it", () => {
    const mount = tollgate().volumeMounts.find(({ mountPath }) => mountPath === "/etc/tollgate");
    expect(mount).not.toHaveProperty("subPath");
    const volume = pod().volumes.find(({ name }) => name === mount?.name);
    expect(volume?.configMap?.name).toBe("tollgate-files");
  });

  it("uses the image of Tollgate that the kustomization names", () => {
    const { initContainers } = pod();
    expect(initContainers[0]?.image).toBe("registry.example.com/tollgate:0.1.0");
  });
});

describe("http-server", () => {
  it("adds a native sidecar and leaves the server as it was, but for its waiting at the end", () => {
    const objects = objectsIn(kustomize(join(FOLDER, "http-server")));
    expect(containerOf(podOf(objects), "tollgate")).toMatchObject({ restartPolicy: "Always" });
    expect(httpPod().initContainers.map(({ name }) => name)).toEqual(["tollgate"]);
    expect(containerOf(httpPod(), "server")).toMatchObject({
      image: "registry.example.com/orders-mcp:1.4.2",
      lifecycle: { preStop: { sleep: { seconds: 10 } } },
    });
  });

  it("leaves time for the server's wait and for the requests in flight", () => {
    const objects = objectsOf("http-server");
    const variables = {
      ...variablesOf(objects, containerOf(httpPod(), "tollgate")),
      TOLLGATE_ADMIN_TOKEN: "",
    };
    const { bounds } = startUpOf({ files: dataOf(objects, "tollgate-files"), variables });
    const seconds = 10 + (bounds.lameDuckMs + bounds.drainMs) / 1_000;
    expect(httpPod().terminationGracePeriodSeconds).toBeGreaterThan(seconds);
  });

  it("starts the server after a probe that does not wait for the server", () => {
    expect(containerOf(httpPod(), "tollgate")).toMatchObject({
      startupProbe: { httpGet: { path: "/healthz" } },
      readinessProbe: { httpGet: { path: "/readyz" } },
    });
  });
});

describe("stdio-server", () => {
  it("copies the executable to where the server's command starts it", () => {
    const [install] = stdioPod().initContainers;
    expect(install?.args).toEqual(["install", "/tollgate"]);
    expect(install?.volumeMounts).toEqual([{ name: "tollgate", mountPath: "/tollgate" }]);
    const server = containerOf(stdioPod(), "server");
    expect(server.command?.slice(0, 3)).toEqual(["/tollgate/tollgate", "run", "--"]);
    expect(server.volumeMounts).toContainEqual({ name: "tollgate", mountPath: "/tollgate", readOnly: true });
  });
});

describe("monitoring", () => {
  it("has the six boards, each with the label that Grafana's sidecar looks for", () => {
    const boards = objectsOf("monitoring").filter(({ kind }) => kind === "ConfigMap");
    expect(boards.map(({ metadata }) => metadata.name).toSorted()).toEqual(
      ["agents", "denials", "fleet", "overview", "sidecar", "tool"].map((name) => `tollgate-board-${name}`),
    );
    for (const { metadata } of boards) expect(metadata).toMatchObject({ labels: { grafana_dashboard: "1" } });
  });

  it("has every object small enough for kubectl apply", () => {
    const sizes = objectsOf("monitoring").map((object) => JSON.stringify(object).length);
    expect(Math.max(...sizes)).toBeLessThan(APPLICABLE_BYTES);
  });

  it("has the alerts", () => {
    expect(JSON.stringify(only(objectsOf("monitoring"), "PrometheusRule"))).toContain(
      '"alert":"SidecarDown"',
    );
  });
});
