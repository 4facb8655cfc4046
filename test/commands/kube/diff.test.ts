/** `tollgate kube diff`: what a new policy would have decided about the calls that sidecars remember. */

import { describe, expect, it } from "vitest";
import { runKube } from "../../../src/commands/kube.ts";
import { captureIo, type Run } from "../../fixtures/capture-io.ts";
import { expectJsonOutput } from "../../fixtures/json-output.ts";
import { serveCluster } from "../../fixtures/kube-cluster.ts";
import { serve, startSidecar, temporaryFile } from "../../fixtures/lifetime.ts";
import { toolCall } from "../../fixtures/open-loop.ts";
import { sidecarPod } from "../../fixtures/pod-manifest.ts";
import { postForText } from "../../fixtures/post.ts";

const ALLOW = { version: "1", default: "allow" };
const STRICTER = {
  version: "1",
  default: "deny",
  tools: { look: { limits: [{ counter: "looks", window: "hour", max: 3, scope: "grant" }] } },
};

function kubeDiff(policy: object, argv: readonly string[]): Promise<Run> {
  const file = temporaryFile("new.json", policy);
  return captureIo((io) => runKube(["diff", file, ...argv], { ...io, environment: {} }));
}

/** A sidecar that allowed `looks` calls of look and one of drop. */
async function podWithCalls(name: string, looks: number) {
  const { url } = await serve();
  const sidecar = await startSidecar({ upstream: url, policy: ALLOW });
  for (let call = 0; call < looks; call += 1) await postForText(sidecar.url, toolCall("look", { at: call }));
  await postForText(sidecar.url, toolCall("drop"));
  return sidecarPod({ name, port: Number(new URL(sidecar.adminUrl).port) });
}

function changesIn(stdout: string): unknown {
  const { servers } = JSON.parse(stdout) as { servers: readonly { readonly changes: readonly object[] }[] };
  return servers.map(({ changes }) => changes);
}

describe("tollgate kube diff", () => {
  it("counts the calls that the policy would deny, over all sidecars of a server", async () => {
    const { kubeconfig } = await serveCluster({
      pods: [await podWithCalls("a", 2), await podWithCalls("b", 3)],
    });
    const json = await kubeDiff(STRICTER, ["--kubeconfig", kubeconfig, "--format", "json"]);
    expect([json.code, json.stderr]).toEqual([0, ""]);
    expectJsonOutput("kube diff", json.stdout);
    expect(changesIn(json.stdout)).toEqual([
      expect.arrayContaining([
        expect.objectContaining({ change: "allow_to_deny", tool: "drop", reason: "default_deny", calls: 2 }),
        expect.objectContaining({ change: "allow_to_deny", tool: "look", calls: 2 }),
      ]),
    ]);
    const text = await kubeDiff(STRICTER, ["--kubeconfig", kubeconfig]);
    expect(text.stdout).toMatch(/^shop\/test: 7 calls of 2 sidecars under /);
    expect(text.stdout).toContain("as with a shared store; without one each sidecar counts for itself");
    expect(text.stdout).toContain(
      "calls before those that are remembered: a, b; --logs reads their audit logs too",
    );
  });

  it("reads the audit log of the container too with --logs, and counts a call that both have once", async () => {
    const pod = await podWithCalls("a", 1);
    const record = {
      time: new Date().toISOString(),
      id: "from-the-log",
      server: "test",
      agent: { name: "nightly", source: "none", verified: false },
      method: "tools/call",
      tool: "drop",
      category: "unknown",
      effect: "allow",
      args: { bytes: 2, keys: [] },
    };
    const log = `${JSON.stringify(record)}\n${JSON.stringify(record)}\n{"level":30,"msg":"ready"}\nnot JSON\n{"time":"x\n`;
    const { kubeconfig, requests } = await serveCluster({ pods: [pod], log });
    const { code, stdout } = await kubeDiff(STRICTER, [
      "--logs",
      "--since",
      "1h",
      "--kubeconfig",
      kubeconfig,
      "--format",
      "json",
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      servers: [{ calls: 3, sidecars: [{ pod: "a", calls: 3, whole: true }] }],
    });
    expect(requests.find((path) => path.includes("/log?"))).toContain("container=tollgate&sinceSeconds=3600");
  });

  it("leaves out calls from before --since", async () => {
    const { kubeconfig } = await serveCluster({ pods: [await podWithCalls("a", 1)] });
    const later = new Date(Date.now() + 60_000).toISOString();
    const { stdout } = await kubeDiff(STRICTER, ["--since", later, "--kubeconfig", kubeconfig]);
    expect(stdout).toContain("shop/test: 0 calls of 1 sidecar");
    expect(stdout).toContain("no call is remembered");
  });

  it("shows the others and exits with 1 where a sidecar does not answer", async () => {
    const { kubeconfig } = await serveCluster({
      pods: [await podWithCalls("a", 1), sidecarPod({ name: "b", port: 9 })],
    });
    const { code, stdout, stderr } = await kubeDiff(STRICTER, ["--kubeconfig", kubeconfig]);
    expect([code, stdout]).toEqual([1, expect.stringContaining("2 calls of 1 sidecar")]);
    expect(stderr).toContain("shop/b: error forwarding port 9 to pod: connection refused");
  });

  it.each([
    [["--since", "yesterday"], 64, "--since: must be as 24h or 2026-07-01T12:00:00Z"],
    [["another.json"], 64, "FILE: must be one policy"],
  ])("refuses %j", async (argv, code, words) => {
    const run = await kubeDiff(STRICTER, argv);
    expect([run.code, run.stderr]).toEqual([code, expect.stringContaining(words)]);
  });

  it("refuses a policy that cannot be loaded before it asks the cluster", async () => {
    const run = await kubeDiff({ version: "9" }, []);
    expect([run.code, run.stdout]).toEqual([1, ""]);
  });
});
