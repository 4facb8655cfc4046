/** Kubeconfigs, and the credentials in them. */

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ClusterAccess, clusterAccess } from "../../../src/commands/kube/cluster/cluster-access.ts";
import { temporaryFolder } from "../../fixtures/lifetime.ts";

type Part = Readonly<Record<string, unknown>>;

/** A home folder whose ~/.kube/config has one context, with these parts. */
function homeWith(cluster: Part, user: Part, rest: Part = {}): string {
  const home = temporaryFolder();
  const content = {
    clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:6443", ...cluster } }],
    users: [{ name: "u", user }],
    contexts: [{ name: "one", context: { cluster: "c", user: "u" } }],
    "current-context": "one",
    ...rest,
  };
  mkdirSync(join(home, ".kube"));
  writeFileSync(join(home, ".kube/config"), JSON.stringify(content));
  return home;
}

async function access(
  home: string,
  environment: Record<string, string> = {},
): Promise<ClusterAccess | string> {
  return clusterAccess({ file: undefined, context: undefined, environment, home }, join(home, "account"));
}

function plugin(command: string): Part {
  return { exec: { apiVersion: "v1", command } };
}

describe("a kubeconfig", () => {
  it("gives address, namespace, certificates and token, with paths from its own folder", async () => {
    const home = homeWith(
      { "certificate-authority": "ca.crt", "tls-server-name": "api" },
      { "client-certificate-data": Buffer.from("C").toString("base64"), "client-key": "key.pem", token: "t" },
    );
    writeFileSync(join(home, ".kube/ca.crt"), "A");
    writeFileSync(join(home, ".kube/key.pem"), "K");
    expect(await access(home)).toEqual({
      context: "one",
      url: new URL("https://127.0.0.1:6443"),
      namespace: "default",
      tls: { ca: Buffer.from("A"), cert: Buffer.from("C"), key: Buffer.from("K"), servername: "api" },
      headers: { authorization: "Bearer t" },
    });
  });

  it.each<[string, Part, object]>([
    ["a name and a password", { username: "a", password: "b" }, { authorization: "Basic YTpi" }],
    [
      "another user's rights",
      { token: "t", as: "eve", "as-groups": ["x", "y"] },
      { authorization: "Bearer t", "impersonate-user": "eve", "impersonate-group": ["x", "y"] },
    ],
    ["no credential", {}, {}],
  ])("gives %s", async (_what, user, headers) => {
    expect(await access(homeWith({}, user))).toMatchObject({ headers });
  });

  it("asks a credential plugin, which gets the cluster where the kubeconfig says so", async () => {
    const script = `const { spec } = JSON.parse(process.env.KUBERNETES_EXEC_INFO); console.log(JSON.stringify({ status: { token: spec.cluster.server + process.env.EXTRA } }));`;
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: process.execPath,
      args: ["-e", script],
      env: [{ name: "EXTRA", value: "!" }],
      provideClusterInfo: true,
    };
    expect(await access(homeWith({}, { exec }))).toMatchObject({
      headers: { authorization: "Bearer https://127.0.0.1:6443!" },
    });
  });

  it("merges the files of KUBECONFIG: the first that names something decides, and a missing one is passed over", async () => {
    const [one, other] = [
      homeWith({}, { token: "first" }, { "current-context": undefined }),
      homeWith({ server: "https://other:6443" }, { token: "second" }),
    ].map((home) => join(home, ".kube/config"));
    const KUBECONFIG = ["/nowhere/at/all", one, other].join(":");
    expect(await access(temporaryFolder(), { KUBECONFIG })).toMatchObject({
      url: new URL("https://127.0.0.1:6443"),
      headers: { authorization: "Bearer first" },
    });
  });

  it("is not needed in a pod, whose account is taken", async () => {
    const home = temporaryFolder();
    mkdirSync(join(home, "account"));
    for (const [name, text] of Object.entries({ token: "t\n", namespace: "shop", "ca.crt": "A" }))
      writeFileSync(join(home, "account", name), text);
    const environment = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "443" };
    expect(await access(home, environment)).toEqual({
      context: "in-cluster",
      url: new URL("https://[fd00::1]"),
      namespace: "shop",
      tls: { ca: Buffer.from("A") },
      headers: { authorization: "Bearer t" },
    });
  });

  it.each<[string, readonly [Part, Part, Part?], string]>([
    ["an auth-provider", [{}, { "auth-provider": { name: "oidc" } }], "its user has the auth-provider oidc"],
    ["a proxy", [{ "proxy-url": "http://p" }, {}], "context one: its cluster has a proxy-url"],
    ["another scheme", [{ server: "unix:///x" }, {}], "its server must be an http or https URL"],
    ["a missing file", [{ "certificate-authority": "gone" }, {}], "gone"],
    ["no context", [{}, {}, { "current-context": "" }], "has no current context"],
    ["a context without its cluster", [{}, {}, { clusters: [] }], "the kubeconfig has no cluster `c`"],
    ["a context without its user", [{}, {}, { users: [] }], "the kubeconfig has no user `u`"],
    ["a list that is none", [{}, {}, { clusters: 1 }], "clusters: is not as in a kubeconfig"],
    [
      "a plugin that is not there",
      [{}, plugin("no-such-plugin")],
      "no-such-plugin for a credential, and it cannot be",
    ],
    ["a plugin that fails", [{}, plugin("false")], "ended with exit code 1"],
    ["a plugin that says nothing", [{}, plugin("true")], "printed no ExecCredential"],
  ])("with %s is refused in words", async (_what, parts, words) => {
    expect(await access(homeWith(...parts))).toContain(words);
  });

  it("that is no YAML, or missing, is refused in words", async () => {
    const home = homeWith({}, {});
    writeFileSync(join(home, ".kube/config"), "a: [");
    expect(await access(home)).toBe(`${join(home, ".kube/config")}: is not valid YAML`);
    expect(await access(dirname(home))).toContain("no kubeconfig: name one");
  });
});
