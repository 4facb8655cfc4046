/** The policy commands' own surface: help, flags, exit codes. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { POLICY_COMMANDS } from "../../../src/commands/policy.ts";
import { HELP } from "../../../src/commands/help.ts";
import { policySchema } from "../../../src/policy/document/document.ts";
import { fileOf, run, runProgram } from "./run.ts";

const NAMES = ["init", "learn", "check", "explain", "test", "replay", "diff", "schema"];
const POLICY = "policies/prometheus.json";

describe("tollgate policy", () => {
  it("has exactly these commands", () => {
    expect(POLICY_COMMANDS.map(({ name }) => name)).toEqual(NAMES);
  });

  it("is in the program's help, with every command", () => {
    expect(HELP).toContain(`tollgate policy COMMAND                 ${NAMES.join(", ")}`);
  });

  it.each([["--help"], ["-h"], ["help"]])("prints its help for %s", async (flag) => {
    const { code, stdout } = await run(flag);
    expect(code).toBe(0);
    for (const { name, summary } of POLICY_COMMANDS)
      expect(stdout).toContain(`  ${name.padEnd(9)} ${summary}\n`);
  });

  it.each(POLICY_COMMANDS)("$name has a help that fits a screen", async ({ name }) => {
    const { code, stdout, stderr } = await run(name, "--help");
    const lines = stdout.split("\n");
    expect([code, stderr]).toEqual([0, ""]);
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
    expect(stdout).toMatch(new RegExp(`^Usage: tollgate policy ${name}\\b`));
    expect(stdout).toContain("Exit codes: 0 ");
  });

  it.each<[readonly string[], string]>([
    [[], "tollgate policy: a command is required: init, learn, check, explain, test, replay, diff, schema"],
    [["chek"], "tollgate policy: unknown command `chek`, did you mean `check`?"],
    [["frobnicate"], "tollgate policy: unknown command `frobnicate`\n"],
    [["check"], "tollgate policy check: FILE: is required"],
    [["check", POLICY, "--foo"], "tollgate policy check: unknown option `--foo`"],
    [["check", POLICY, "--format", "xml"], '--format: must be text or json, got "xml"'],
    [["check", POLICY, "--upstream", "nowhere"], '--upstream: must be an http or https URL, got "nowhere"'],
    [["check", POLICY, "--upstream", "file:///etc"], "--upstream: must be an http or https URL"],
    [
      ["check", POLICY, "--tools", "a.json", "--", "server"],
      "must have one of --tools, --upstream and -- COMMAND",
    ],
    [["explain", POLICY], "tollgate policy explain: --tool: is required"],
    [["explain", "--tool", "a"], "FILE: must be one policy"],
    [["explain", POLICY, "--tool", "a", "--args", "{"], "--args: line 1, column 2: "],
    [["explain", POLICY, "--tool", "a", "--args", "[]"], '--args: must be an object, such as {"query":"up"}'],
    [["explain", POLICY, "--tool", "a", "--category", "odd"], "--category: must be read, write, execute, "],
    [["test"], "tollgate policy test: CASES: is required"],
    [["test", "a.json", "--", "server"], "-- COMMAND: is for other commands"],
    [["replay", POLICY], "tollgate policy replay: --audit: is required"],
    [["replay", "--audit", "a"], "FILE: must be one policy"],
    [["init"], "tollgate policy init: a server is required: --upstream URL or -- COMMAND"],
    [["init", "server"], "server: a command stands after --, and a file after -o"],
    [["init", "--upstream", "http://a/", "--format", "xml"], '--format: must be json or yaml, got "xml"'],
    [["schema", "a"], "tollgate policy schema: takes no arguments"],
    [["schema", "--foo"], "tollgate policy schema: unknown option `--foo`"],
  ])("ends with 64 and says what is wrong with %j", async (argv, problem) => {
    const { code, stdout, stderr } = await run(...argv);
    expect([code, stdout]).toEqual([64, ""]);
    expect(stderr).toContain(problem);
    expect(stderr).toMatch(/see tollgate policy [a-z ]*--help\n$/);
  });

  it.each<[readonly string[], string]>([
    [
      ["explain", "nowhere.json", "--tool", "a"],
      "nowhere.json: cannot be read: no such file; check the path",
    ],
    [
      ["replay", "nowhere.json", "--audit", "a"],
      "nowhere.json: cannot be read: no such file; check the path",
    ],
    [
      ["replay", POLICY, "--audit", "nowhere.jsonl"],
      "nowhere.jsonl: cannot be read: no such file; check the path",
    ],
    [
      ["check", POLICY, "--tools", "nowhere.json"],
      "nowhere.json: cannot be read: no such file; check the path",
    ],
  ])("ends with 1 when a file is not there: %j", async (argv, problem) => {
    expect(await run(...argv)).toEqual({ code: 1, stdout: "", stderr: `tollgate: ${problem}\n` });
  });

  it.each<[number, readonly string[]]>([
    [0, ["policy", "--help"]],
    [0, ["policy", "check", POLICY]],
    [1, ["policy", "check", "test/fixtures/policies/bad/default-missing.json"]],
    [64, ["policy", "check"]],
    [69, ["policy", "check", POLICY, "--upstream", "http://127.0.0.1:9/mcp"]],
  ])("ends the program with %i for %j", async (code, argv) => {
    expect((await runProgram(...argv)).code).toBe(code);
  });
});

describe("tollgate policy schema", () => {
  it("prints the schema of the policy document", async () => {
    const { code, stdout } = await run("schema");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(policySchema());
  });

  it("is what policies/policy.schema.json holds", async () => {
    expect(readFileSync("policies/policy.schema.json", "utf8")).toBe((await run("schema")).stdout);
  });

  it("allows a policy to name it", async () => {
    const policy = { $schema: "./policy.schema.json", version: "1", default: "deny" };
    expect((await run("check", fileOf("policy.json", policy))).code).toBe(0);
  });
});
