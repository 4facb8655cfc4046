/** `tollgate inject`: the sidecar in manifests, and out again. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { runInject } from "../../../src/commands/inject.ts";
import { captureIo } from "../../fixtures/capture-io.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "tollgate-inject-"));
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

const DEPLOYMENT = `# the orders server
apiVersion: apps/v1
kind: Deployment
metadata:
  name: orders # its name
  labels: { app: orders }
spec:
  replicas: 2
  selector:
    matchLabels: { app: orders }
  template:
    metadata:
      labels: { app: orders }
    spec:
      # one container
      containers:
        - name: server
          image: "registry.example.com/orders:1"
          ports:
            - { name: web, containerPort: 3000 } # the server's port
          env:
            - { name: HOST, value: 127.0.0.1 }
`;
const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: orders, namespace: shop }
spec:
  selector: { app: orders }
  ports:
    - { name: mcp, port: 80, targetPort: web } # what agents call
`;
const CONFIG = `apiVersion: v1
kind: ConfigMap
metadata:   {name: other}   # spaces as they are
data: {}
`;
const FILE = `${DEPLOYMENT}---\n${SERVICE}---\n${CONFIG}`;

async function inject(text: string, ...flags: readonly string[]) {
  const file = join(FOLDER, "manifest.yaml");
  writeFileSync(file, text);
  return captureIo((io) => runInject(["-f", file, ...flags], io));
}

async function injected(text: string, ...flags: readonly string[]): Promise<string> {
  const { code: exitCode, stdout, stderr } = await inject(text, ...flags);
  expect({ exitCode, stderr: exitCode === 0 ? "" : stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout;
}

// oxlint-disable-next-line typescript/no-explicit-any -- a test reads any manifest
function objects(text: string): any[] {
  return parseAllDocuments(text).map((document) => document.toJS() as unknown);
}

async function securityOf(...flags: readonly string[]): Promise<unknown> {
  const [deployment] = objects(await injected(DEPLOYMENT, ...flags));
  return deployment.spec.template.spec.initContainers[0].securityContext;
}

function workload(kind: string, template: string, path: readonly string[]): string {
  const lines = path.map((key, depth) => `${"  ".repeat(depth)}${key}:`);
  const body = template.split("\n").map((line) => (line === "" ? "" : "  ".repeat(path.length) + line));
  return `apiVersion: v1\nkind: ${kind}\nmetadata: { name: x }\n${[...lines, ...body].join("\n")}\n`;
}

const TEMPLATE = `spec:
  containers:
    - name: server
      image: s:1
      ports: [{ containerPort: 3000 }]
`;
const KINDS: readonly (readonly [string, readonly string[]])[] = [
  ["Deployment", ["spec", "template"]],
  ["StatefulSet", ["spec", "template"]],
  ["DaemonSet", ["spec", "template"]],
  ["Job", ["spec", "template"]],
  ["CronJob", ["spec", "jobTemplate", "spec", "template"]],
];

describe("tollgate inject", () => {
  it("adds a native sidecar, leads the Service to it, and keeps comments and every other document", async () => {
    const text = await injected(FILE, "--policy-configmap", "orders-policy");
    const [deployment, service] = objects(text);
    const { spec, metadata } = deployment.spec.template;
    const [sidecar] = spec.initContainers;
    expect(sidecar).toMatchObject({ name: "tollgate", restartPolicy: "Always", args: ["run"] });
    const variables = Object.fromEntries(
      sidecar.env.map(({ name, value }: Record<string, string>) => [name, value]),
    );
    expect(variables).toMatchObject({
      TOLLGATE_UPSTREAM: "http://127.0.0.1:3000/mcp",
      TOLLGATE_LISTEN: "[::]:8080",
      TOLLGATE_SERVER: "orders",
      TOLLGATE_MODE: "shadow",
      TOLLGATE_ALLOWED_HOST: "orders,orders.shop,orders.shop.svc,orders.shop.svc.cluster.local",
      TOLLGATE_POLICY: "/etc/tollgate/policy/policy.json",
    });
    expect(spec.volumes).toContainEqual({ name: "tollgate-policy", configMap: { name: "orders-policy" } });
    expect(metadata.labels).toEqual({ app: "orders", "tollgate.dev/guarded": "true" });
    expect(service.spec.ports).toEqual([{ name: "mcp", port: 80, targetPort: 8080 }]);
    for (const comment of [
      "# the orders server",
      "# its name",
      "# one container",
      "# the server's port",
      "# what agents call",
    ])
      expect(text).toContain(comment);
    expect(text).toContain(CONFIG);
    expect(text.indexOf("kind: Service")).toBeGreaterThan(text.indexOf("kind: Deployment"));
    expect(text).toContain('image: "registry.example.com/orders:1"');
  });

  it.each([
    ["the manifests of the story", FILE],
    ["lists that are not indented", FILE.replaceAll(/^( +)( {2})- (?=name: server)/gm, "$1$2- ")],
    ["a workload without labels", workload("Deployment", TEMPLATE, ["spec", "template"])],
    [
      "a workload that has init containers, volumes and a hook",
      DEPLOYMENT.replace(
        "      # one container",
        "      initContainers:\n        - { name: first, image: f }\n      volumes:\n        - { name: v, emptyDir: {} }\n      # one container",
      ).replace(
        "          env:",
        "          lifecycle: { preStop: { sleep: { seconds: 3 } } }\n          env:",
      ),
    ],
  ])("is idempotent, and --uninject gives back what was, for %s", async (_name, text) => {
    const once = await injected(text);
    expect(await injected(once)).toBe(once);
    const back = await injected(once, "--uninject");
    expect(objects(back)).toEqual(objects(text));
    for (const [comment] of text.matchAll(/# .*/g)) expect(back).toContain(comment);
    expect(back).not.toContain("tollgate");
  });

  it("keeps the spaces within brackets, and brackets within texts", async () => {
    const text = DEPLOYMENT.replace(
      "          env:",
      "          args: [--a, [b, {c: d}]]\n          command: [ sh, '[ -c ]' ]\n          env:",
    );
    const written = await injected(text);
    for (const line of ["args: [--a, [b, {c: d}]]", "command: [ sh, '[ -c ]' ]", "labels: { app: orders }"])
      expect(written).toContain(line);
  });

  it("writes other choices over those of an earlier run", async () => {
    const first = await injected(FILE, "--mode", "shadow", "--image", "r.example/t:1");
    const second = await injected(
      first,
      "--mode",
      "enforce",
      "--image",
      "r.example/t:2",
      "--settings-configmap",
      "s",
    );
    expect(second).toBe(
      await injected(FILE, "--mode", "enforce", "--image", "r.example/t:2", "--settings-configmap", "s"),
    );
  });

  it.each(KINDS)("knows a %s", async (kind, path) => {
    const text = await injected(workload(kind, TEMPLATE, path));
    expect(text.match(/name: tollgate$/gm)).toHaveLength(1);
    const [object] = objects(text);
    const template = path.reduce((found, key) => found[key], object);
    expect(template.spec.initContainers[0].name).toBe("tollgate");
    expect(object).toMatchObject({ kind });
  });

  it("knows a Pod, and a List of several kinds", async () => {
    const pod = `apiVersion: v1\nkind: Pod\nmetadata: { name: p }\n${TEMPLATE}`;
    expect(objects(await injected(pod))[0].spec.initContainers[0].name).toBe("tollgate");
    const list = `apiVersion: v1\nkind: List\nitems:\n${[pod, SERVICE].map((each) => each.trimEnd().replaceAll(/^/gm, "  ").replace("  ", "- ")).join("\n")}\n`;
    const [{ items }] = objects(await injected(list));
    expect(items[0].spec.initContainers).toHaveLength(1);
    expect(items[1]).toEqual(objects(SERVICE)[0]);
  });

  it("reads JSON as kubectl writes it", async () => {
    const json = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects(DEPLOYMENT) }, null, 2);
    const [{ items }] = objects(await injected(json));
    expect(items[0].spec.template.spec.initContainers).toHaveLength(1);
  });

  it("leaves out a pod whose annotation says so", async () => {
    const text = DEPLOYMENT.replace(
      "      labels: { app: orders }\n    spec",
      "      annotations: { tollgate.dev/inject: disabled }\n    spec",
    );
    const { code: exitCode, stdout, stderr } = await inject(text);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: text });
    expect(stderr).toContain("Deployment orders: left out");
  });

  it("names no user and no group where the cluster chooses them", async () => {
    expect(await securityOf()).toMatchObject({ runAsNonRoot: true, runAsUser: 65_532, runAsGroup: 65_532 });
    const { runAsUser, runAsGroup, ...rest } = Object(await securityOf("--any-user"));
    expect([runAsUser, runAsGroup, rest.runAsNonRoot]).toEqual([undefined, undefined, true]);
  });

  it("takes the container, port and path that are named", async () => {
    const two = DEPLOYMENT.replace(
      "        - name: server",
      "        - { name: proxy, image: p, ports: [{ containerPort: 15001 }] }\n        - name: server",
    );
    expect(await injected(two, "--container", "server", "--path", "/v1/mcp")).toContain(
      "http://127.0.0.1:3000/v1/mcp",
    );
    expect(await injected(two, "--port", "4000")).toContain("http://127.0.0.1:4000/mcp");
    expect(await injected(two, "--upstream", "http://localhost:9/x")).toContain(
      "value: http://localhost:9/x",
    );
  });

  it.each([
    [
      "a pod on the node's network",
      DEPLOYMENT.replace("      # one", "      hostNetwork: true\n      # one"),
      [],
      "Deployment orders: has hostNetwork",
    ],
    [
      "a server on Tollgate's port",
      DEPLOYMENT.replace("3000", "8080"),
      [],
      "listens on 8080, which is Tollgate's own",
    ],
    [
      "a server that names no port",
      DEPLOYMENT.replace(/ +ports:\n.*\n/, ""),
      [],
      "names no port; say it with --port",
    ],
    ["a container that is not there", DEPLOYMENT, ["--container", "web"], "has no container web"],
    [
      "a sidecar that it did not write",
      DEPLOYMENT.replace("- name: server", "- { name: tollgate, image: t }\n        - name: server"),
      ["--container", "server"],
      "that inject did not write",
    ],
    [
      "a kind that it does not know",
      DEPLOYMENT.replace("kind: Deployment", "kind: Rollout"),
      [],
      "Rollout orders: is of a kind that inject does not know",
    ],
    [
      "a pod on Windows",
      DEPLOYMENT.replace("      # one", "      os: { name: windows }\n      # one"),
      [],
      "runs on Windows",
    ],
    [
      "a template behind an alias",
      `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }\nx: &t { spec: {} }\nspec: { template: *t }\n`,
      [],
      "YAML aliases are not followed",
    ],
    ["what is no YAML", `${DEPLOYMENT}---\na: [1\n`, [], "is not valid YAML"],
    ["a key that comes twice", `kind: Pod\nkind: Job\n`, [], "line 2: is not valid YAML (DUPLICATE_KEY)"],
  ])("refuses %s, and writes nothing", async (_name, text, flags, message) => {
    const { code: exitCode, stdout, stderr } = await inject(text, ...flags);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toContain(message);
  });

  it.each([
    [["--mode", "off"], "--mode: must be shadow or enforce, got off"],
    [["--port", "0"], "--port: must be a port, got 0"],
    [["--path", "mcp"], "--path: must begin with /, got mcp"],
    [["--upstream", "ftp://x"], "--upstream: must be a URL of http or https"],
    [["--unheard"], "unknown option"],
  ])("refuses the command line %j", async (flags, message) => {
    const { code: exitCode, stderr } = await inject(FILE, ...flags);
    expect(exitCode).toBe(64);
    expect(stderr).toContain(message);
  });

  it("names a file that cannot be read, and asks for one", async () => {
    const none = await captureIo((io) => runInject(["-f", join(FOLDER, "none.yaml")], io));
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("none.yaml: cannot be read")]);
    expect((await captureIo((io) => runInject([], io))).code).toBe(64);
  });

  it("leaves manifests without a workload as they are", async () => {
    const { stdout, stderr } = await inject(`---\n${CONFIG}---\n# only a comment\n`);
    expect(stdout).toBe(`---\n${CONFIG}---\n# only a comment\n`);
    expect(stderr).toContain("nothing to change");
  });
});
