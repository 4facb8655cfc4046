/** The whole text about each mistake in settings: place, what is wrong, what is expected, and the nearest right spelling. */

import { globSync, readFileSync } from "node:fs";
import { basename, join, parse } from "node:path";
import { describe, expect, it } from "vitest";
import { usageMessage } from "../../../src/commands/cli/command.ts";
import { parseRunFlags } from "../../../src/commands/run-flags.ts";
import { parseSettings } from "../../../src/config/settings/parse-settings.ts";

const BAD = join(import.meta.dirname, "../../fixtures/settings/bad");
const FILES = globSync("*.{yaml,json}", { cwd: BAD }).toSorted();
const SERVER = "http://127.0.0.1:3000/mcp";
const MISSING =
  "--upstream: is missing; say which MCP endpoint to guard, as in --upstream http://127.0.0.1:3000/mcp, or -- COMMAND to start a server";
const STORES =
  "must be memory, redis://HOST:PORT, rediss://HOST:PORT, redis+sentinel://HOST:PORT,.../NAME or redis+cluster://HOST:PORT,...";

interface Given {
  readonly argv?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** The lines that the program prints about a command line and an environment. */
function report({ argv = [], environment = {} }: Given): readonly string[] {
  const given = parseRunFlags(argv);
  if ("problem" in given) return [given.problem];
  const { isHelp: _isHelp, ...sources } = given;
  const parsed = parseSettings({ ...sources, environment, isTerminal: false });
  return parsed.ok ? [] : parsed.report;
}

describe("a mistake in a settings file", () => {
  it.each(FILES)("is reported with its place: %s", (file) => {
    const path = join(BAD, file);
    const expected = readFileSync(join(BAD, `${parse(file).name}.expected.txt`), "utf8");
    const lines = report({ argv: ["--config", path] }).map(
      (line) => `${line.replace(path, basename(path))}\n`,
    );
    expect(lines.join("")).toBe(expected);
  });

  it("is one of many", () => {
    expect(FILES.length).toBeGreaterThanOrEqual(70);
  });
});

describe("a mistake on the command line", () => {
  it.each<[string, readonly string[], string]>([
    [
      "a flag that is mistyped",
      ["--upsteam", SERVER],
      "unknown option `--upsteam`, did you mean `--upstream`?",
    ],
    [
      "a flag in camel case",
      ["--logLevel", "debug"],
      "unknown option `--logLevel`, did you mean `--log-level`?",
    ],
    ["a flag that no other is near", ["--colour", "red"], "unknown option `--colour`"],
    ["a short flag", ["-p", "x"], "unknown option `-p`"],
    ["a flag without its value", ["--listen"], "`--listen` needs a value"],
    [
      "a flag in place of a value",
      ["--policy", "--mode", "shadow"],
      "`--policy` needs a value; one that begins with - is written --policy=VALUE",
    ],
    ["a switch with a value", ["--serve-sse=yes"], "option `--serve-sse` does not take an argument"],
    [
      "a command without --",
      ["npx", "server"],
      "unexpected `npx`; the command of a server to start stands after --",
    ],
    ["no server", [], MISSING],
    ["-- without a command", ["--"], "--: must be followed by a command, as in -- uvx some-server"],
    [
      "two servers",
      ["--upstream", SERVER, "--", "npx"],
      "--upstream: must not stand beside -- COMMAND: choose one of the two",
    ],
    [
      "a server without scheme",
      ["--upstream", "localhost:3000"],
      '--upstream: must be an http or https URL without user or fragment, got "localhost:3000"',
    ],
    ["a port alone", ["--upstream", SERVER, "--listen", "8080"], '--listen: must be HOST:PORT, got "8080"'],
    [
      "an admin port alone",
      ["--upstream", SERVER, "--admin", "9464"],
      '--admin: must be HOST:PORT, got "9464"',
    ],
    [
      "a mistyped word",
      ["--upstream", SERVER, "--mode", "shadwo"],
      '--mode: must be enforce or shadow, did you mean "shadow"?',
    ],
    [
      "an unknown level",
      ["--upstream", SERVER, "--log-level", "verbose"],
      "--log-level: must be trace, debug, info, warn, error or silent",
    ],
    ["a mistyped store", ["--upstream", SERVER, "--limits", "reddis://h"], `--limits: ${STORES}`],
    [
      "a store for a server without a name",
      ["--upstream", SERVER, "--limits", "redis://10.0.0.1"],
      "--limits: counters in a store belong to a server, and 127.0.0.1 names none; give it a name with --server, the same on every replica",
    ],
    [
      "a replica without a port",
      ["--upstream", SERVER, "--replica-address", "10.0.0.1"],
      '--replica-address: must be HOST:PORT, got "10.0.0.1"',
    ],
    [
      "a replica at port 0",
      ["--upstream", SERVER, "--replica-address", "10.0.0.1:0"],
      '--replica-address: must be HOST:PORT, got "10.0.0.1:0"',
    ],
    [
      "a path without slash",
      ["--upstream", SERVER, "--path", "mcp"],
      '--path: must start with / and have no query, escape or fragment, got "mcp"',
    ],
    [
      "a path that HTTP+SSE takes",
      ["--upstream", SERVER, "--serve-sse", "--path", "/sse"],
      "--serve-sse: serves /sse, which must have no other meaning",
    ],
    [
      "HTTP+SSE over stdio",
      ["--serve-sse", "--", "npx"],
      "--serve-sse: is for clients over HTTP: say where to listen with --listen",
    ],
    [
      "no workers",
      ["--upstream", SERVER, "--workers", "0"],
      '--workers: must be a whole number from 1 to 64, got "0"',
    ],
    [
      "too many workers",
      ["--upstream", SERVER, "--workers", "65"],
      "--workers: must be a whole number from 1 to 64",
    ],
    [
      "workers for a server over stdio",
      ["--workers", "2", "--listen", "127.0.0.1:1", "--", "npx"],
      "--workers: must be 1 for a server behind -- COMMAND, whose processes belong to one worker",
    ],
    [
      "workers for a server of HTTP+SSE",
      ["--upstream", SERVER, "--workers", "2", "--upstream-transport", "sse"],
      "--workers: must be 1 for upstream-transport sse, whose sessions belong to one connection",
    ],
    [
      "workers for clients of HTTP+SSE",
      ["--upstream", SERVER, "--workers", "2", "--serve-sse"],
      "--workers: must be 1 with serve-sse, whose sessions belong to one connection",
    ],
    [
      "authorities of a server over stdio",
      ["--upstream-ca", "ca.pem", "--", "npx"],
      "--upstream-ca: is for --upstream URL; a server behind -- COMMAND speaks stdio",
    ],
    [
      "variables for a server that runs",
      ["--upstream", SERVER, "--env", "A"],
      "--env: is for a server that is started: add -- COMMAND",
    ],
    [
      "a variable that is no name",
      ["--env", "1A=b", "--", "npx"],
      "--env: must be NAME or NAME=VALUE, with a name of letters, digits and _",
    ],
    [
      "an unknown admin page",
      ["--upstream", SERVER, "--admin-open", "metrics"],
      "--admin-open: must be pages of /metrics, /policy, /tools, /activity, /limits, /decisions, /freeze",
    ],
    [
      "a policy and none",
      ["--upstream", SERVER, "--policy", "p.json", "--allow-all"],
      "--allow-all: must not stand beside a policy: choose one of the two",
    ],
    [
      "a mistyped file",
      ["--upstream", SERVER, "--config", join(BAD, "yaml-tabs.yaml")],
      `${join(BAD, "yaml-tabs.yaml")}: cannot be read: no such file; check the path, did you mean "yaml-tab.yaml"?`,
    ],
  ])("is reported after its flag: %s", (_case, argv, line) => {
    expect(report({ argv })).toEqual([line]);
  });

  it("keeps a sentence of the parser that it does not know", () => {
    expect(usageMessage(new Error("Something else. And more"), [])).toBe("something else");
  });
});

describe("a mistake in a variable", () => {
  it.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    [
      "a mistyped name",
      { TOLLGATE_UPSTREM: SERVER },
      ["TOLLGATE_UPSTREM: is no variable of Tollgate, did you mean `TOLLGATE_UPSTREAM`?", MISSING],
    ],
    [
      "a name without its underscore",
      { TOLLGATE_UPSTREAM: SERVER, TOLLGATE_LOGLEVEL: "debug" },
      ["TOLLGATE_LOGLEVEL: is no variable of Tollgate, did you mean `TOLLGATE_LOG_LEVEL`?"],
    ],
    [
      "a setting that has no variable",
      { TOLLGATE_UPSTREAM: SERVER, TOLLGATE_BOUNDS: "x" },
      ["TOLLGATE_BOUNDS: is no variable of Tollgate"],
    ],
    [
      "a server without scheme",
      { TOLLGATE_UPSTREAM: "127.0.0.1:1" },
      ['TOLLGATE_UPSTREAM: must be an http or https URL without user or fragment, got "127.0.0.1:1"'],
    ],
    [
      "an unknown word",
      { TOLLGATE_UPSTREAM: SERVER, TOLLGATE_MODE: "observe" },
      ["TOLLGATE_MODE: must be enforce or shadow"],
    ],
    [
      "a host without port",
      { TOLLGATE_UPSTREAM: SERVER, TOLLGATE_LISTEN: "localhost" },
      ['TOLLGATE_LISTEN: must be HOST:PORT, got "localhost"'],
    ],
    [
      "a switch that is no word for it",
      { TOLLGATE_UPSTREAM: SERVER, TOLLGATE_REQUIRE_ISOLATION: "yes" },
      ["TOLLGATE_REQUIRE_ISOLATION: must be true or false"],
    ],
    [
      "a path without slash",
      { TOLLGATE_UPSTREAM: SERVER, TOLLGATE_HEALTH_PATH: "healthz" },
      ["TOLLGATE_HEALTH_PATH: must be off, or paths that start with / and have no query, escape or fragment"],
    ],
    [
      "a file that is not there",
      { TOLLGATE_UPSTREAM: SERVER, TOLLGATE_CONFIG: "nowhere.yaml" },
      ["nowhere.yaml: cannot be read: no such file; check the path"],
    ],
    [
      "an origin without scheme",
      { TOLLGATE_UPSTREAM: SERVER, TOLLGATE_ALLOWED_ORIGIN: "example.com" },
      [
        "TOLLGATE_ALLOWED_ORIGIN: must be origins as browsers send them, such as https://app.example.com, vscode-file://vscode-app or null: in lower case, without a path",
      ],
    ],
  ])("is reported after its name: %s", (_case, environment, lines) => {
    expect(report({ environment })).toEqual(lines);
  });
});
