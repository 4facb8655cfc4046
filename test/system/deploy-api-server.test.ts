/** Kustomize components that are not in the stories: a token for the API server, and the keys of sessions. */

import { beforeAll, describe, expect, it } from "vitest";
import { type KubernetesObject, only, validatorFor } from "./deploy/objects.ts";
import { containerOf, podOf } from "./deploy/pod.ts";
import { kubernetesSchemas, prometheusDefinitions } from "./deploy/tools.ts";
import { storyWith } from "./kubernetes/stories.ts";

const TOKEN_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

let objects: KubernetesObject[];
beforeAll(() => {
  kubernetesSchemas();
  prometheusDefinitions();
  objects = storyWith(["api-server"], "shop");
}, 300_000);

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

describe("components/session-keys", () => {
  it.each(["http-server", "stdio-server"])("puts the keys beside the files of %s", (story) => {
    const files = storyWith(["session-keys"], "shop", story);
    expect(files.flatMap(validatorFor("1.33.0"))).toEqual([]);
    const volume = podOf(files).volumes.find(({ name }) => name === "tollgate-files");
    expect(volume).toEqual({
      name: "tollgate-files",
      projected: {
        sources: [
          { configMap: { name: "tollgate-files" } },
          { secret: { name: "tollgate-session-keys", items: [{ key: "keys", path: "session-keys" }] } },
        ],
      },
    });
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
