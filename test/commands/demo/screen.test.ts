/** The demo's screen on terminals of every size. */

import { Writable } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import { HOW_TO_END, TITLE } from "../../../src/commands/demo/frame.ts";
import { parseSamples, type Sample } from "../../../src/commands/demo/samples.ts";
import { Screen } from "../../../src/commands/demo/screen.ts";
import { openTerminalScreen } from "../../fixtures/terminal-screen.ts";

const ADDRESSES = { mcp: "http://127.0.0.1:8080/mcp", admin: "http://127.0.0.1:9464" };
const AGENTS = ["batch-runner", "capacity-planner", "curious-intern"];
const TOOLS = ["ExecuteQuery", "ExecuteRangeQuery", "GetAHOBatch", "ListMetrics", "StartAHOReadSetExportJob"];

/** Every agent has called every tool this often. */
function samplesOf(calls: number): readonly Sample[] {
  const lines = AGENTS.flatMap((agent) =>
    TOOLS.map(
      (tool) => `tollgate_tool_calls_total{agent="${agent}",tool="${tool}",outcome="success"} ${calls}`,
    ),
  );
  return parseSamples(lines.join("\n"));
}

/** A stream whose text is kept until `take`. */
class KeptOutput extends Writable {
  readonly isTTY = true;
  columns = 0;
  rows = 0;
  #text = "";

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#text += chunk.toString();
    done();
  }

  take(): string {
    const text = this.#text;
    this.#text = "";
    return text;
  }
}

function open(columns: number, rows: number) {
  const output = Object.assign(new KeptOutput(), { columns, rows });
  const terminal = openTerminalScreen(columns, rows);
  const screen = new Screen(output, ADDRESSES, "xterm");
  onTestFinished(() => screen.leave());
  return {
    screen,
    terminal,
    /** Gives the terminal what was written since the last call. */
    flush: () => terminal.write(output.take()),
    resize: (newColumns: number, newRows: number) => {
      terminal.resize(newColumns, newRows);
      Object.assign(output, { columns: newColumns, rows: newRows });
      output.emit("resize");
    },
  };
}

const SIZES: readonly (readonly [number, number])[] = [
  [80, 24],
  [60, 20],
  [200, 50],
  [40, 12],
  [30, 6],
  [12, 3],
  [1, 1],
];

describe("the demo's screen", () => {
  it.each(SIZES)("redraws in place at %i columns and %i rows", async (columns, rows) => {
    const { screen, terminal, flush } = open(columns, rows);
    for (let calls = 1; calls < 200; calls *= 3) screen.showTable(samplesOf(calls));
    await flush();
    const lines = terminal.lines();
    expect(TITLE.startsWith(lines[0]?.replace(/…$/, "") ?? "-")).toBe(true);
    expect([terminal.isAlternate(), terminal.scrolledLines()]).toEqual([true, 0]);
    expect(lines.filter((line) => line.startsWith(TITLE.slice(0, 11)))).toHaveLength(columns < 11 ? 0 : 1);
  });

  it("shows agent, tool and every verdict at 80x24, and no more than the frame", async () => {
    const { screen, terminal, flush } = open(80, 24);
    screen.showTable(samplesOf(1_000));
    screen.showTable(samplesOf(1));
    await flush();
    const lines = terminal.lines();
    expect(lines.slice(0, 6)).toEqual([
      TITLE,
      "console      http://127.0.0.1:9464/",
      "metrics      http://127.0.0.1:9464/metrics",
      "agents call  http://127.0.0.1:8080/mcp",
      "",
      "agent            tool                     ok fail limit deny hide",
    ]);
    expect(lines[6]).toBe("batch-runner     ExecuteQuery              1    ·     ·    ·    ·");
    expect(lines.slice(21)).toEqual(["", HOW_TO_END, ""]);
  });

  it("puts an agent's name above its tools at 60 columns", async () => {
    const { screen, terminal, flush } = open(60, 30);
    screen.showTable(samplesOf(1));
    await flush();
    expect(terminal.lines().slice(5, 8)).toEqual([
      "agent, tool                ok fail limit deny hide",
      "batch-runner",
      "  ExecuteQuery              1    ·     ·    ·    ·",
    ]);
  });

  it("says how many lines of the table do not fit", async () => {
    const { screen, terminal, flush } = open(60, 10);
    screen.showTable(samplesOf(1));
    await flush();
    expect(terminal.lines().slice(7)).toEqual([
      "  ExecuteRangeQuery         1    ·     ·    ·    ·",
      "... 15 more lines: the console has them all",
      HOW_TO_END,
    ]);
  });

  it("leaves nothing of the old frame when the window changes its size", async () => {
    const { screen, terminal, flush, resize } = open(200, 50);
    screen.showTable(samplesOf(1_000));
    for (const [columns, rows] of SIZES.toSorted(([a], [b]) => b - a)) {
      await flush();
      resize(columns, rows);
      await flush();
      const resized = terminal.lines();
      const fresh = open(columns, rows);
      fresh.screen.showTable(samplesOf(1_000));
      await fresh.flush();
      expect(resized).toEqual(fresh.terminal.lines());
    }
  });

  it("shows a notice in place of the last line, until it is over", async () => {
    const { screen, terminal, flush } = open(80, 24);
    screen.showNotice("The machine is busy");
    await flush();
    expect(terminal.lines()).toContain("The machine is busy");
    screen.showNotice(undefined);
    await flush();
    expect(terminal.lines()).not.toContain("The machine is busy");
    expect(terminal.lines()).toContain(HOW_TO_END);
  });

  it("gives the terminal back with what it showed before", async () => {
    const { screen, terminal, flush } = open(80, 24);
    await terminal.write("$ tollgate demo\r\n");
    screen.showTable(samplesOf(1));
    screen.leave();
    screen.leave();
    await flush();
    expect([terminal.isAlternate(), terminal.lines()[0]]).toEqual([false, "$ tollgate demo"]);
  });

  it("draws nothing on a dumb terminal, and says each notice once", () => {
    const output = new KeptOutput();
    const screen = new Screen(output, ADDRESSES, "dumb");
    screen.showTable(samplesOf(1));
    screen.showNotice("busy");
    screen.showNotice(undefined);
    screen.showNotice("busy");
    const text = output.take();
    expect([screen.isLive, text.split("busy").length - 1, text.includes("\u001B[?")]).toEqual([
      false,
      1,
      false,
    ]);
  });
});
