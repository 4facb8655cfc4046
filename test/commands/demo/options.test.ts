/** The flags of `tollgate demo`. */

import { describe, expect, it } from "vitest";
import { DEMO_HELP, parseDemoOptions, parseDuration } from "../../../src/commands/demo/options.ts";

describe("parseDuration", () => {
  it.each([
    ["30s", 30_000],
    ["5m", 300_000],
    ["1h", 3_600_000],
    ["200ms", 200],
    ["1.5m", 90_000],
  ])("reads %s", (text, durationMs) => {
    expect(parseDuration(text)).toBe(durationMs);
  });

  it.each(["", "30", "s", "-5s", "0s", "1d", "5 m", "1e3s", "1000h"])("refuses %j", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe("parseDemoOptions", () => {
  it("goes on until interrupted, on ports that it chooses, when no flag is given", () => {
    expect(parseDemoOptions([])).toEqual({
      ok: true,
      options: { rounds: Infinity, opensConsole: false, isHelp: false },
    });
  });

  it("reads every flag", () => {
    const argv = ["--for", "30s", "--rounds", "2", "--listen", "127.0.0.1:8080", "--admin=127.0.0.1:9464"];
    argv.push("--open");
    expect(parseDemoOptions(argv)).toEqual({
      ok: true,
      options: {
        forMs: 30_000,
        rounds: 2,
        listen: "127.0.0.1:8080",
        admin: "127.0.0.1:9464",
        opensConsole: true,
        isHelp: false,
      },
    });
  });

  it.each([
    [["--part", "server"], { name: "server" }],
    [["--part", "agents", "--url", "http://x/mcp"], { name: "agents", url: "http://x/mcp" }],
    [
      ["--part", "agents", "--url", "http://x/mcp", "--agent", "curious-intern"],
      { name: "agents", url: "http://x/mcp", agent: "curious-intern" },
    ],
  ])("reads the part of %j", (argv, part) => {
    expect(parseDemoOptions(argv)).toMatchObject({ ok: true, options: { part } });
  });

  it.each([
    [["--for", "soon"], '--for: must be a time such as 30s, 5m or 1h, got "soon"'],
    [["--rounds", "0"], '--rounds: must be a whole number from 1, got "0"'],
    [["--rounds", "1.5"], '--rounds: must be a whole number from 1, got "1.5"'],
    [["--rounds", ""], '--rounds: must be a whole number from 1, got ""'],
    [["--fro", "30s"], "unknown option `--fro`, did you mean `--for`?"],
    [["--part", "sidecar"], '--part: must be server or agents, got "sidecar"'],
    [["--part", "agents"], "--url: must be the URL that the agents call, such as http://127.0.0.1:8080/mcp"],
    [
      ["--part", "agents", "--url", "http://x/mcp", "--agent", "bot"],
      '--agent: must be one of capacity-planner, batch-runner, curious-intern, got "bot"',
    ],
    [["--url", "http://x/mcp"], "--url: is for --part agents"],
    [["--part", "server", "--agent", "curious-intern"], "--agent: is for --part agents"],
  ])("explains what is wrong with %j", (argv, problem) => {
    expect(parseDemoOptions(argv)).toEqual({ ok: false, problem });
  });

  it("fits its help on a screen", () => {
    const lines = DEMO_HELP.split("\n");
    expect(lines.length).toBeLessThan(24);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  });
});
