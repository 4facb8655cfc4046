/** The chart and the kustomization of the webhook: they fit the schemas, run under `restricted`, and select what docs/webhook.md says. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readWebhookOptions, WEBHOOK_FLAGS } from "../../src/commands/webhook/options.ts";
import { readArguments } from "../../src/commands/cli/command.ts";
import { type KubernetesObject, objectsIn, only, validatorFor } from "./deploy/objects.ts";
import { HARDENED, podOf, securityOf } from "./deploy/pod.ts";
import { helm, kubernetesSchemas, kustomize, prometheusDefinitions } from "./deploy/tools.ts";
import { runHelm } from "./kubernetes/chart.ts";
import { WEBHOOK_CHART, WEBHOOK_VALUES } from "./kubernetes/webhook.ts";

const DEPLOY = join(import.meta.dirname, "../../deploy/kubernetes");
const VERSIONS = ["1.30.0", "1.33.0", "1.37.0"];
/** Of cert-manager, whose definitions are not looked at. */
const FOREIGN = new Set(["Issuer", "Certificate"]);

beforeAll(() => {
  helm();
  kubernetesSchemas();
  prometheusDefinitions();
}, 600_000);

function render(values: object): KubernetesObject[] {
  const args = [
    "template",
    "guard",
    WEBHOOK_CHART,
    "--namespace",
    "tollgate-system",
    "--kube-version",
    "1.33.0",
  ];
  return objectsIn(runHelm(args, values).stdout);
}

function withCertManager(): KubernetesObject[] {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-webhook-"));
  const at = (path: string): string => relative(folder, join(DEPLOY, path));
  const lines = {
    namespace: "tollgate-system",
    resources: [at("webhook")],
    components: [at("components/webhook-cert-manager")],
  };
  writeFileSync(join(folder, "kustomization.yaml"), JSON.stringify(lines));
  try {
    return objectsIn(kustomize(folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const SOURCES: Readonly<Record<string, () => KubernetesObject[]>> = {
  "the kustomization": () => objectsIn(kustomize(join(DEPLOY, "webhook"))),
  "the kustomization with cert-manager": withCertManager,
  ...Object.fromEntries(
    Object.entries(WEBHOOK_VALUES).map(([name, values]) => [`the chart, ${name}`, () => render(values)]),
  ),
};

interface Webhook {
  readonly name: string;
  readonly failurePolicy: string;
  readonly namespaceSelector: { readonly matchExpressions: readonly object[] };
  readonly clientConfig: { readonly service: { readonly name: string; readonly namespace: string } };
}

describe.each(Object.keys(SOURCES))("%s", (name) => {
  const objects = (): KubernetesObject[] => SOURCES[name]?.() ?? [];

  it.each(VERSIONS)("fits the schemas of Kubernetes %s, unknown fields being errors", (version) => {
    const own = objects().filter(({ kind }) => !FOREIGN.has(kind));
    expect(own.flatMap(validatorFor(version))).toEqual([]);
  });

  it("runs as an unprivileged user, on a file system it cannot write, with flags that the command takes", () => {
    const pod = podOf(objects());
    const [container] = pod.containers;
    if (container === undefined) throw new Error("no container");
    // With `openshift` the cluster chooses the user.
    expect({ runAsUser: 65_532, ...securityOf(pod, container) }).toMatchObject(HARDENED);
    const [command, ...flags] = container.args ?? [];
    expect(command).toBe("webhook");
    const given = readArguments(flags, WEBHOOK_FLAGS);
    const environment = { KUBERNETES_SERVICE_HOST: "10.0.0.1" };
    const read =
      given.ok && readWebhookOptions({ namespace: "tollgate-system", ...given.values }, environment);
    expect(read).toMatchObject({ ok: true });
  });

  it("excludes kube-system and its own namespace, and is called at a Service that is there", () => {
    const all = objects();
    const webhooks = only(all, "MutatingWebhookConfiguration")["webhooks"] as Webhook[];
    expect(webhooks.map((webhook) => webhook.name)).toEqual([
      "pods.inject.tollgate.dev",
      "namespaces.inject.tollgate.dev",
    ]);
    const { name: service } = only(all, "Service").metadata;
    for (const webhook of webhooks) {
      expect(webhook).toMatchObject({
        sideEffects: "None",
        clientConfig: { service: { name: service, namespace: "tollgate-system" } },
      });
      expect(webhook.namespaceSelector.matchExpressions[0]).toMatchObject({
        key: "kubernetes.io/metadata.name",
        operator: "NotIn",
        values: expect.arrayContaining(["kube-system", "tollgate-system"]),
      });
    }
  });

  it("may change its Secret and its configuration alone, and nothing with cert-manager", () => {
    const rules = objects().flatMap(({ kind, ...object }) =>
      kind.endsWith("Role") ? (object["rules"] as object[]) : [],
    );
    const isForeign = objects().some(({ kind }) => kind === "Certificate");
    expect(rules).toHaveLength(isForeign ? 0 : 2);
    for (const rule of rules)
      expect(rule).toMatchObject({ resourceNames: [expect.any(String)], verbs: ["get", "patch"] });
    expect(podOf(objects()).automountServiceAccountToken).toBe(!isForeign);
  });
});

describe("the chart of the webhook", () => {
  it("passes helm lint, and fails admission where a pod asks for Tollgate", () => {
    const { stdout } = runHelm(["lint", "--strict", WEBHOOK_CHART]);
    expect(/\[(?:WARNING|ERROR)\].*/.exec(stdout)).toBeNull();
    const [webhook] = only(render({}), "MutatingWebhookConfiguration")["webhooks"] as Webhook[];
    expect(webhook?.failurePolicy).toBe("Fail");
  });

  it.each([
    ["an unknown policy of failure", { failurePolicy: "fail" }, "failurePolicy"],
    ["an unknown value", { sidecar: { modes: "enforce" } }, "modes"],
    ["a selector of another form", { objectSelector: { labels: {} } }, "labels"],
    ["a wait of a minute", { timeoutSeconds: 60 }, "timeoutSeconds"],
  ])("refuses %s", (_name, values, word) => {
    expect(() => render(values)).toThrow(word);
  });

  it("shuts the servers' ports in the namespaces that are named", () => {
    const policies = render({ guardedNamespaces: ["shop", "tools"] }).filter(
      ({ kind, metadata }) => kind === "NetworkPolicy" && metadata.name === "tollgate-guarded",
    );
    expect(policies.map(({ metadata }) => metadata.namespace)).toEqual(["shop", "tools"]);
    expect(policies[0]).toMatchObject({
      spec: {
        podSelector: { matchLabels: { "tollgate.dev/guarded": "true" } },
        policyTypes: ["Ingress"],
        ingress: [{ ports: [{ port: 8080 }] }, { ports: [{ port: 9464 }], from: [{}] }],
      },
    });
  });
});
