/** The kustomize component that lets Tollgate ask the API server, on the story of an HTTP server. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type KubernetesObject, objectsIn, only, validatorFor } from "./deploy/objects.ts";
import { containerOf, podOf } from "./deploy/pod.ts";
import { kubernetesSchemas, kustomize, prometheusDefinitions } from "./deploy/tools.ts";

const KUBERNETES = join(import.meta.dirname, "../../deploy/kubernetes");
const TOKEN_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

let folder: string;
let objects: KubernetesObject[];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-api-server-"));
  const at = (path: string): string => relative(folder, join(KUBERNETES, path));
  writeFileSync(
    join(folder, "kustomization.yaml"),
    `namespace: shop\nresources: ["${at("http-server")}"]\ncomponents: ["${at("components/api-server")}"]\n`,
  );
  kubernetesSchemas();
  prometheusDefinitions();
  objects = objectsIn(kustomize(folder));
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("components/api-server", () => {
  it("fits the schemas", () => {
    expect(objects.flatMap(validatorFor("1.33.0"))).toEqual([]);
  });

  it("gives Tollgate's container, and no other, a token and the API server's certificate", () => {
    const pod = podOf(objects);
    const volume = pod.volumes.find(({ name }) => name === "tollgate-no-token");
    expect(JSON.stringify(volume)).toMatch(/serviceAccountToken.*"token".*kube-root-ca\.crt/);
    expect(volume).not.toHaveProperty("emptyDir");
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(JSON.stringify(containerOf(pod, "tollgate"))).toContain(TOKEN_FOLDER);
    expect(JSON.stringify(containerOf(pod, "server"))).not.toContain(TOKEN_FOLDER);
  });

  it("binds both roles to the account of the namespace", () => {
    const bindings = objects.filter(({ kind }) => kind === "ClusterRoleBinding");
    expect(bindings).toHaveLength(2);
    for (const { subjects } of bindings)
      expect(subjects).toMatchObject([{ name: "default", namespace: "shop" }]);
  });
});

describe("the story of an HTTP server", () => {
  it("has every container as the Pod Security Standard `restricted` asks", () => {
    const pod = podOf(objects);
    for (const container of [...pod.initContainers, ...pod.containers]) {
      const security = { ...pod.securityContext, ...container.securityContext };
      expect(security, container.name).toMatchObject({
        runAsNonRoot: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
        seccompProfile: { type: "RuntimeDefault" },
      });
    }
    expect(only(objects, "Deployment").metadata.name).toBe("orders");
  });
});
