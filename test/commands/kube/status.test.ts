/** `tollgate kube status` against sidecars of this process, through an API server that forwards to loopback. */

import { describe, expect, it } from "vitest";
import { runKube } from "../../../src/commands/kube.ts";
import { captureIo, type Run } from "../../fixtures/capture-io.ts";
import { expectJsonOutput } from "../../fixtures/json-output.ts";
import { serveCluster } from "../../fixtures/kube-cluster.ts";
import { serve, startSidecar } from "../../fixtures/lifetime.ts";
import { toolCall } from "../../fixtures/open-loop.ts";
import { type PodOptions, sidecarPod } from "../../fixtures/pod-manifest.ts";
import { askAdmin, postForText } from "../../fixtures/post.ts";
import type { TestSidecar, TestSidecarOptions } from "../../fixtures/start-sidecar.ts";

const POLICY = { version: "1", default: "deny", tools: { look: {} } };

function kube(argv: readonly string[], environment: Record<string, string> = {}): Promise<Run> {
  return captureIo((io) => runKube(argv, { ...io, environment }));
}

async function start(options: Partial<TestSidecarOptions> = {}): Promise<TestSidecar> {
  const { url } = await serve();
  return startSidecar({ upstream: url, policy: POLICY, ...options });
}

function podOf({ adminUrl }: TestSidecar, name: string, options: Partial<PodOptions> = {}) {
  return sidecarPod({ name, port: Number(new URL(adminUrl).port), ...options });
}

describe("tollgate kube status", () => {
  it("lists sidecars with policy, mode, ConfigMap, calls, denials and freezes, and their drift", async () => {
    const [one, other] = [await start(), await start({ policy: { ...POLICY, tools: {} } })];
    await postForText(one.url, toolCall("look"));
    await postForText(one.url, toolCall("drop"));
    await askAdmin(`${other.adminUrl}/freeze`, { agent: "nightly", by: "sam", reason: "loops" });
    const { kubeconfig, requests } = await serveCluster({
      pods: [podOf(one, "orders-a"), podOf(other, "orders-b", { policyConfigMap: "canary" })],
    });
    const { code, stdout, stderr } = await kube(["status", "--kubeconfig", kubeconfig]);
    expect([code, stderr]).toEqual([1, ""]);
    const [header = "", first = "", second = "", ...rest] = stdout.trimEnd().split("\n");
    expect(header.split(/ {2,}/).slice(0, 6)).toEqual([
      "POD",
      "SERVER",
      "STATE",
      "MODE",
      "POLICY",
      "CONFIGMAP",
    ]);
    expect(first.split(/ +/)).toMatchObject([
      "orders-a",
      "test",
      "ready",
      "enforce",
      {},
      "policy",
      {},
      "2",
      "1",
      "0",
      "0",
      "no",
    ]);
    expect(second.split(/ +/)).toMatchObject([
      "orders-b",
      "test",
      "ready",
      "enforce",
      {},
      "canary",
      {},
      "0",
      "0",
      "0",
      "1",
      "no",
    ]);
    expect(rest.join("\n")).toMatch(
      /^\norders-b: frozen by sam: nightly: loops\ntest: its sidecars have 2 policies: [0-9a-f]{12} in orders-a; [0-9a-f]{12} in orders-b$/,
    );
    expect(requests.filter((path) => path.includes("/namespaces/shop/pods?"))).toHaveLength(2);
  });

  it("exits with 0 and prints JSON of its schema where all are ready and alike", async () => {
    const [one, other] = [await start(), await start()];
    const { kubeconfig } = await serveCluster({
      pods: [podOf(one, "a"), podOf(other, "b", { namespace: "bank" })],
    });
    const { code, stdout } = await kube(["status", "-A", "--format", "json", "--kubeconfig", kubeconfig]);
    expect(code).toBe(0);
    expectJsonOutput("kube status", stdout);
    expect(JSON.parse(stdout)).toMatchObject({
      sidecars: [
        { namespace: "bank", pod: "b", ready: true, exposed: false },
        { namespace: "shop", pod: "a", policies: [{}] },
      ],
      drift: [],
    });
  });

  it("sends the token, and says which is missing", async () => {
    const sidecar = await start({ environment: { TOLLGATE_ADMIN_TOKEN: "t".repeat(32) } });
    const { kubeconfig } = await serveCluster({ pods: [podOf(sidecar, "a")] });
    const argv = ["status", "--kubeconfig", kubeconfig];
    const without = await kube(argv);
    expect([without.code, without.stdout]).toEqual([
      1,
      expect.stringContaining("a: its admin listener needs a token; set TOLLGATE_ADMIN_TOKEN"),
    ]);
    const wrong = await kube(argv, { TOLLGATE_ADMIN_TOKEN: "w".repeat(32) });
    expect([wrong.code, wrong.stdout]).toEqual([
      1,
      expect.stringContaining("a: its admin listener does not accept the token"),
    ]);
    expect((await kube(argv, { TOLLGATE_ADMIN_TOKEN: "t".repeat(32) })).code).toBe(0);
  });

  it("says why a sidecar is not ready, does not start, or does not answer", async () => {
    const sidecar = await start({ upstream: "http://127.0.0.1:9/mcp" });
    const waiting = podOf(sidecar, "b");
    waiting.status.initContainerStatuses = [
      { name: "tollgate", state: { waiting: { reason: "ImagePullBackOff", message: "no such image" } } },
    ] as never;
    const { kubeconfig } = await serveCluster({
      pods: [podOf(sidecar, "a"), waiting, sidecarPod({ name: "c", port: 9 })],
    });
    const { code, stdout } = await kube(["status", "--kubeconfig", kubeconfig]);
    expect(code).toBe(1);
    expect(stdout).toContain("a: not ready: ");
    expect(stdout).toContain("b: waiting: ImagePullBackOff: no such image");
    expect(stdout).toContain("c: no answer: error forwarding port 9 to pod: connection refused");
  });

  it("says in the API server's words that a connection is forbidden, and where the role is", async () => {
    const { kubeconfig } = await serveCluster({
      pods: [podOf(await start(), "a")],
      isForwardForbidden: true,
    });
    const { code, stdout } = await kube(["status", "--kubeconfig", kubeconfig]);
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/cannot create resource "pods\/portforward"; docs\/kube\.md names the role/),
    ]);
  });

  it("connects to the pod's own address with --via pod-ip", async () => {
    const { kubeconfig } = await serveCluster({
      pods: [podOf(await start(), "a")],
      isForwardForbidden: true,
    });
    expect((await kube(["status", "--via", "pod-ip", "--kubeconfig", kubeconfig])).code).toBe(0);
  });

  it("names the next step where there is no sidecar", async () => {
    const { kubeconfig } = await serveCluster({ pods: [] });
    const { code, stdout } = await kube(["status", "--kubeconfig", kubeconfig]);
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^no sidecar in namespace shop; -A looks in every namespace\nnext: /),
    ]);
  });

  it.each([
    [
      ["status", "-n", "closed"],
      1,
      'pods is forbidden: User "ada" cannot list resource "pods"; docs/kube.md names the role',
    ],
    [["status", "--context", "tets"], 64, "the kubeconfig has no context `tets`, did you mean `test`?"],
    [["status", "-n", "a", "-A"], 64, "give one of both"],
    [["status", "--via", "proxy"], 64, "--via: must be port-forward or pod-ip"],
    [["stauts"], 64, "unknown command `stauts`, did you mean `status`?"],
  ])("refuses %j", async (argv, code, words) => {
    const { kubeconfig } = await serveCluster({ pods: [] });
    const isCommand = argv[0] === "status";
    const run = await kube([...argv, ...(isCommand ? ["--kubeconfig", kubeconfig] : [])]);
    expect([run.code, run.stdout, run.stderr]).toEqual([code, "", expect.stringContaining(words)]);
  });
});
