/** `tollgate demo` as its user meets it: the real sidecar between the demo's server and agents. */

import { beforeAll, describe, expect, it } from "vitest";
import { runDemo } from "../../src/commands/demo.ts";
import { startSidecar } from "../../src/sidecar/sidecar.ts";
import { captureIo, type Run } from "../fixtures/capture-io.ts";

const FREE_PORTS = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];

function run(argv: readonly string[], signal = new AbortController().signal): Promise<Run> {
  return captureIo((io) => runDemo([...FREE_PORTS, ...argv], { ...io, startSidecar, signal }));
}

describe("tollgate demo", () => {
  let demo: Run;
  /** The cells of the row of one agent and tool: its name stands on the first of its rows only. */
  let cells: (tool: string, agent: string) => readonly string[];

  beforeAll(async () => {
    demo = await run(["--rounds", "1"]);
    cells = (tool, agent) => {
      const fromAgent = demo.stdout.slice(demo.stdout.indexOf(`\n${agent} `));
      const row = fromAgent.split("\n").find((line) => line.includes(` ${tool} `)) ?? "";
      return row.trim().split(/ {2,}/).slice(-5);
    };
  });

  it("ends with 0 and complains about nothing", () => {
    expect(demo).toMatchObject({ code: 0, stderr: "" });
  });

  it("shows the addresses to open", () => {
    expect(demo.stdout).toMatch(/agents call {3}http:\/\/127\.0\.0\.1:\d+\/mcp/);
    expect(demo.stdout).toMatch(/http:\/\/127\.0\.0\.1:\d+\/metrics/);
  });

  it("shows the table once where it cannot draw over it", () => {
    expect(demo.stdout.match(/allowed {2}failed {2}limited {2}denied {2}hidden/g)).toHaveLength(1);
    expect(demo.stdout).not.toContain("\u001B");
  });

  it.each([
    ["allowed calls and a failed one", "capacity-planner", "ExecuteQuery", ["1", "1", "·", "·", "·"]],
    ["denied calls of an allowed tool", "curious-intern", "ExecuteQuery", ["·", "·", "·", "2", "·"]],
    ["a call of a hidden tool", "curious-intern", "DeleteAHOBatch", ["·", "·", "·", "·", "1"]],
    ["a call that no rule covers", "curious-intern", "StartAHORun", ["·", "·", "·", "1", "·"]],
  ])("shows %s", (_what, agent, tool, row) => {
    expect(cells(tool, agent)).toEqual(row);
  });

  it("shows a burst that ran into its limit", () => {
    const [allowed, , limited, denied] = cells("StartAHORunBatch", "batch-runner").map(Number);
    expect(Number(limited)).toBeGreaterThan(0);
    expect(Number(allowed) + Number(limited)).toBe(21);
    expect(denied).toBe(1);
  });

  it("answers which agents called which execute tools, how often", () => {
    expect(demo.stdout).toMatch(
      /sum by \(agent, tool\).*\n {2}agent.*\n {2}batch-runner +StartAHOReadSetExportJob +1\n/,
    );
    expect(demo.stdout).toMatch(/\n {2}batch-runner +StartAHORunBatch +22\n/);
  });

  it("answers how many were denied, and why", () => {
    expect(demo.stdout).toMatch(/\n {2}batch-runner +StartAHORunBatch +condition +1\n/);
    expect(demo.stdout).toMatch(/\n {2}batch-runner +StartAHORunBatch +rate_limited +\d+\n/);
    expect(demo.stdout).toMatch(/\n {2}curious-intern +ExecuteQuery +condition +2\n/);
  });

  it("shows its last table when it is interrupted", async () => {
    const { code, stdout } = await run([], AbortSignal.abort());
    expect(code).toBe(0);
    expect(stdout).toContain("agent  tool  allowed");
  });

  it.each([
    [["--for", "soon"], "tollgate demo: --for: must be a time such as 30s, 5m or 1h, got"],
    [["--listen", "nowhere"], "tollgate demo: --listen: must be HOST:PORT"],
  ])("ends with 64 and says what is wrong with %j", async (argv, problem) => {
    const { code, stderr } = await run(argv);
    expect(code).toBe(64);
    expect(stderr).toContain(problem);
  });

  it("prints its help", async () => {
    expect(await run(["--help"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("--for DURATION"),
    });
  });
});
