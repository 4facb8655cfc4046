/** Paths of each client on each system, and what is different on Windows. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CLIENTS } from "../../../src/commands/clients/client-table.ts";
import { findFiles } from "../../../src/commands/clients/find-files.ts";
import { launcherWords, presetLauncher } from "../../../src/commands/clients/launcher.ts";
import { isScript, type Machine } from "../../../src/commands/clients/machine.ts";
import { VERSION } from "../../../src/config/version.ts";
import { testHome } from "./run.ts";

/** Homes as the page writes them. */
const LINUX: Machine = { platform: "linux", home: "~", environment: {}, project: "" };
const MACOS: Machine = { ...LINUX, platform: "darwin" };
const WINDOWS: Machine = {
  platform: "win32",
  home: "%USERPROFILE%",
  environment: { APPDATA: "%APPDATA%" },
  project: "",
};
const PAGE = readFileSync(join(import.meta.dirname, "../../../docs/clients.md"), "utf8");

function cell(paths: readonly string[]): string {
  return paths.map((path) => `\`${path}\``).join(", ");
}

describe("the files of clients", () => {
  it("are those of the table in docs/clients.md, for each system", () => {
    const rows = CLIENTS.map(({ id, title, containers, userFiles, projectFile, source }) => {
      const key = cell(containers.map((path) => path.join(".")));
      const files = [LINUX, MACOS, WINDOWS].map((machine) => cell(userFiles(machine)));
      const project = projectFile === undefined ? "" : cell([projectFile.join("/")]);
      return `| [${title}](${source}) | \`${id}\` | ${[key, ...files, project].join(" | ")} |`;
    });
    expect(PAGE.split("\n").filter((line) => rows.includes(line) || /^\| \[.*https:/.test(line))).toEqual(
      rows,
    );
  });

  it("follow XDG_CONFIG_HOME and CODEX_HOME", () => {
    const environment = { XDG_CONFIG_HOME: "/xdg", CODEX_HOME: "/codex" };
    const machine: Machine = { platform: "linux", home: "/home/ada", environment, project: "/src" };
    const { looked } = findFiles(machine, { clients: ["vscode", "zed", "codex"], scopes: ["user"] });
    expect(looked.map(({ path }) => path)).toEqual([
      "/xdg/Code/User/mcp.json",
      "/xdg/zed/settings.json",
      "/codex/config.toml",
    ]);
  });

  it("are named once where the project is the home folder", () => {
    const machine: Machine = { platform: "linux", home: "/home/ada", environment: {}, project: "/home/ada" };
    const { looked } = findFiles(machine, { clients: ["cursor"], scopes: ["user", "project"] });
    expect(looked.map(({ scope }) => scope)).toEqual(["user"]);
  });
});

function windows(path: string): Machine {
  return { ...WINDOWS, environment: { Path: path } };
}

describe("a script of Windows", () => {
  const files = new Set([String.raw`C:\a\tool.cmd`, String.raw`C:\b\tool.exe`, String.raw`C:\b\uvx.exe`]);
  const exists = (path: unknown): boolean => files.has(String(path));

  it.each([
    ["npx", "", true],
    ["npx.cmd", "", true],
    [String.raw`C:\x\npx.cmd`, "", true],
    ["node", "", false],
    ["node.exe", "", false],
    [String.raw`C:\x\npx`, "", false],
    ["tool", String.raw`C:\a;C:\b`, true],
    ["tool", String.raw`C:\b;C:\a`, false],
    ["uvx", String.raw`C:\b`, false],
  ])("is %s with the path %j: %s", (command, path, expected) => {
    expect(isScript(windows(path), command, exists)).toBe(expected);
  });

  it("is none on another system", () => {
    expect(isScript({ ...windows(""), platform: "linux" }, "npx")).toBe(false);
  });

  it("is started by cmd.exe behind Tollgate, and comes back as it was", async () => {
    const { run, home } = testHome("win32");
    const file = join(home, "mcp.json");
    const before = `{ "mcpServers": { "a": { "command": "npx", "args": ["-y", "a"] } } }`;
    writeFileSync(file, before);
    await run("wrap", "--client", "cursor", "--file", file, "--yes");
    const { args } = JSON.parse(readFileSync(file, "utf8")).mcpServers.a;
    expect(args.slice(args.indexOf("--"))).toEqual(["--", "cmd.exe", "/d", "/s", "/c", "npx", "-y", "a"]);
    writeFileSync(file, ` ${readFileSync(file, "utf8")}`);
    await run("unwrap", "--yes");
    expect(readFileSync(file, "utf8")).toBe(` ${before}`);
  });

  it.each([
    [["a & calc"], "has"],
    [["%PATH%"], "has"],
    [['"a"'], "has"],
  ])("with the arguments %j is left as it is, since cmd.exe would read them", async (args) => {
    const { run, home } = testHome("win32");
    const file = join(home, "mcp.json");
    writeFileSync(file, JSON.stringify({ mcpServers: { a: { command: "npx", args } } }));
    const { stdout } = await run("wrap", "--client", "cursor", "--file", file, "--yes");
    expect(stdout).toContain(
      "left as it is: a of Cursor starts a script with arguments that cmd.exe would read",
    );
  });

  it("with a blank in its path is left as it is", async () => {
    const { run, home } = testHome("win32");
    const file = join(home, "mcp.json");
    writeFileSync(
      file,
      JSON.stringify({ mcpServers: { a: { command: String.raw`C:\Program Files\npx.cmd` } } }),
    );
    const { stdout } = await run("wrap", "--client", "cursor", "--file", file, "--yes");
    expect(stdout).toContain("starts a script with a blank in its path: name it without its folder");
  });
});

describe("the command that starts Tollgate", () => {
  const program = ["/usr/bin/node", "/opt/mcp-tollgate/dist/main.js"];

  it.each([
    ["path", "linux", program],
    ["npx", "linux", ["npx", "-y", `mcp-tollgate@${VERSION}`]],
    ["name", "darwin", ["tollgate"]],
    ["npx", "win32", ["cmd.exe", "/d", "/s", "/c", "npx", "-y", `mcp-tollgate@${VERSION}`]],
    ["name", "win32", ["cmd.exe", "/d", "/s", "/c", "tollgate"]],
  ] as const)("by %s on %s", (launcher, platform, words) => {
    expect(launcherWords(launcher, program, { ...testHome().machine, platform })).toEqual(words);
  });

  it("is npx where the program lies in the cache of npx", () => {
    expect(presetLauncher(["node", "/home/you/.npm/_npx/1f/node_modules/mcp-tollgate/dist/main.js"])).toBe(
      "npx",
    );
    expect(presetLauncher(program)).toBe("path");
  });
});
