/** The servers of `tollgate up`, with processes that the test plays. */

import { describe, expect, it } from "vitest";
import { fakeServers, serversOf } from "./fake-processes.ts";

const THREE = serversOf(
  "servers:\n  a: { command: [x] }\n  b: { command: [y] }\n  c: { upstream: http://127.0.0.1:9/mcp }\n",
);

async function threeUp() {
  const stage = fakeServers();
  await stage.servers.apply(THREE);
  stage.processOf("a").up(4_000);
  stage.processOf("b").up(4_010);
  stage.processOf("c").up(4_020);
  return stage;
}

async function statesOf({ servers }: ReturnType<typeof fakeServers>) {
  const entries = await servers.entries();
  return Object.fromEntries(entries.map(({ name, state, ready }) => [name, ready ? "ready" : state]));
}

describe("the servers of tollgate up", () => {
  it("are started each in a process, with the settings of their entries", async () => {
    const stage = fakeServers();
    await stage.servers.apply(THREE);
    expect(stage.processes.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    expect(stage.processOf("c").startValues()).toMatchObject({
      upstream: "http://127.0.0.1:9/mcp",
      "log-format": "json",
    });
    expect(await statesOf(stage)).toEqual({ a: "starting", b: "starting", c: "starting" });
  });

  it("show state, mode, policy, calls and addresses once they are up", async () => {
    const [entry] = await (await threeUp()).servers.entries();
    expect(entry).toMatchObject({
      name: "a",
      server: "a",
      state: "up",
      ready: true,
      mode: "enforce",
      policies: ["d1"],
      calls: 3,
      denied: 1,
      url: "http://127.0.0.1:4000/mcp",
      console: "http://127.0.0.1:4001",
    });
  });

  it("keep running when the sidecar of another one ends, which is started again on the same ports", async () => {
    const stage = await threeUp();
    stage.processOf("a").onEnd({ code: null, signal: "SIGKILL" });
    expect(await statesOf(stage)).toEqual({ a: "waiting", b: "ready", c: "ready" });
    const [entry] = await stage.servers.entries();
    expect(entry?.because).toEqual(["the sidecar is waiting: its process was ended by SIGKILL"]);
    stage.endDelays();
    expect(stage.processOf("a").startValues()).toMatchObject({
      listen: "127.0.0.1:4000",
      admin: { listen: "127.0.0.1:4001" },
    });
    stage.processOf("a").up();
    expect(await statesOf(stage)).toEqual({ a: "ready", b: "ready", c: "ready" });
    expect(stage.processes).toHaveLength(4);
  });

  it("take other ports when those of the last start are taken", async () => {
    const stage = await threeUp();
    stage.processOf("a").onEnd({ code: 1, signal: null });
    stage.endDelays();
    stage.processOf("a").onEnd({ code: 69, signal: null });
    stage.endDelays();
    expect(stage.processOf("a").startValues()).toMatchObject({ listen: "127.0.0.1:0" });
  });

  it("are started again after longer and longer delays, up to 30 s, and show the problem", async () => {
    const stage = fakeServers();
    await stage.servers.apply(THREE.slice(0, 1));
    const delays = Array.from({ length: 8 }, () => {
      const started = stage.processOf("a");
      started.onMessage({ kind: "failed", problems: ["p.yaml: cannot be read"] });
      started.onEnd({ code: 78, signal: null });
      return stage.endDelays()[0];
    });
    expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect((await stage.servers.entries())[0]?.because).toEqual([
      "the sidecar is starting: p.yaml: cannot be read",
    ]);
  });

  it("begin with the first delay again after a minute without an end", async () => {
    const stage = await threeUp();
    stage.processOf("a").onEnd({ code: 1, signal: null });
    expect(stage.endDelays()).toEqual([500]);
    stage.processOf("a").up();
    stage.clock.nowMs += 60_000;
    stage.processOf("a").onEnd({ code: 1, signal: null });
    expect(stage.endDelays()).toEqual([500]);
  });

  it("start, end and restart only where the file has changed", async () => {
    const stage = await threeUp();
    const next = serversOf(
      "servers:\n  b: { command: [y, changed] }\n  c: { upstream: http://127.0.0.1:9/mcp }\n  d: { command: [z] }\n",
    );
    expect(await stage.servers.apply(next)).toEqual({ added: ["d"], removed: ["a"], changed: ["b"] });
    expect(stage.processes.map(({ name, received }) => [name, ...received])).toEqual([
      ["a", "start", "drain"],
      ["b", "start", "drain"],
      ["c", "start"],
      ["b", "start"],
      ["d", "start"],
    ]);
    stage.processOf("b").up();
    stage.processOf("d").up();
    expect(await statesOf(stage)).toEqual({ b: "ready", c: "ready", d: "ready" });
  });

  it("read their files at a reload, and one that waits starts at once", async () => {
    const stage = await threeUp();
    stage.processOf("a").onEnd({ code: 1, signal: null });
    stage.servers.reload();
    expect(stage.processOf("b").received).toEqual(["start", "reload"]);
    expect(stage.processes.at(-1)?.name).toBe("a");
    expect(stage.endDelays()).toEqual([]);
  });

  it("are drained together, and killed past their own bounds", async () => {
    const stage = await threeUp();
    stage.processOf("a").isDeaf = true;
    const stopped = stage.servers.stop();
    expect(stage.processes.map(({ received }) => received.at(-1))).toEqual(["drain", "drain", "drain"]);
    await new Promise(setImmediate);
    // The bounds of draining, 5 s and 25 s, and 5 s more.
    expect(stage.endDelays()).toContain(35_000);
    await stopped;
    expect(stage.processOf("a").wasKilled).toBe(true);
    expect(stage.processOf("b").wasKilled).toBe(false);
    expect(await statesOf(stage)).toEqual({ a: "stopped", b: "stopped", c: "stopped" });
  });

  it("are in one scrape, in which a sidecar that has ended is down", async () => {
    const stage = await threeUp();
    stage.processOf("a").onEnd({ code: 1, signal: null });
    const { pieces } = await stage.servers.renderMetrics(undefined, true);
    const lines = pieces.join("").split("\n");
    expect(lines).toEqual(
      expect.arrayContaining(['tollgate_sidecar_up{server="a"} 0', 'calls_total{server="b"} 3']),
    );
    expect(lines).not.toContain('calls_total{server="a"} 3');
    expect(lines.filter((line) => line.startsWith("# TYPE calls_total"))).toHaveLength(1);
  });

  it("answer for a sidecar that hangs after four seconds", async () => {
    const stage = await threeUp();
    stage.processOf("a").isDeaf = true;
    const asked = stage.servers.entries();
    expect(stage.endDelays()).toEqual([4_000]);
    const [entry] = await asked;
    expect(entry).toMatchObject({
      state: "up",
      ready: false,
      because: ["the sidecar does not answer"],
      calls: null,
    });
  });
});
