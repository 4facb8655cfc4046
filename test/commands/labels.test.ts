/** `tollgate labels` lists a server's tools with their categories, and prints the policy lines that correct them. */

import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { runLabels } from "../../src/commands/labels.ts";
import { readPolicyFile } from "../../src/config/files/policy-file.ts";
import { captureIo, type Run } from "../fixtures/capture-io.ts";
import { temporaryFile } from "../fixtures/lifetime.ts";

const TOOLS = [
  { name: "cancel_export", description: "Cancels an export", inputSchema: { type: "object" } },
  { name: "get_user", description: "Gets a user", annotations: { readOnlyHint: true } },
  { name: "frobnicate", description: "" },
  { name: "run_job", description: "Runs a job" },
];

const run = (...argv: readonly string[]): Promise<Run> => captureIo((io) => runLabels(argv, io));
const tools = (): string => temporaryFile("tools.json", { tools: TOOLS });

describe("tollgate labels", () => {
  it("shows each tool with category, source, confidence and reason", async () => {
    const { code, stdout } = await run("--tools", tools());
    expect(code).toBe(0);
    expect(stdout).toMatch(/^tool +category +by +sure +why$/m);
    expect(stdout).toMatch(/^get_user +read +server +0\.98 +.*says that it only reads$/m);
    expect(stdout).toMatch(/^frobnicate +unknown +guess +0\.00 /m);
    expect(stdout).toMatch(/^4 tools; 1 below 0\.7: correct with --set TOOL=CATEGORY$/m);
  });

  it.each([
    ["--below", "0.7", ["frobnicate"]],
    ["--category", "execute", ["cancel_export", "run_job"]],
  ])("selects tools by %s %s", async (flag, value, names) => {
    const { stdout } = await run("--tools", tools(), "--format", "json", flag, value);
    expect(JSON.parse(stdout).tools.map(({ name }: { name: string }) => name)).toEqual(names);
  });

  it("shows the categories of a policy as its words", async () => {
    const policy = temporaryFile("policy.json", {
      version: "1",
      default: "deny",
      tools: { frobnicate: { category: "execute" } },
    });
    const { stdout } = await run("--tools", tools(), "--policy", policy);
    expect(stdout).toMatch(/^frobnicate +execute +policy +1\.00 +the policy says so$/m);
    expect(stdout).toMatch(/^4 tools$/m);
  });

  it("says that a server lists no tools", async () => {
    const { code, stdout } = await run("--tools", temporaryFile("tools.json", { tools: [] }));
    expect([code, stdout]).toEqual([0, "the server lists no tools\n"]);
  });

  it("escapes what a server puts into a name", async () => {
    const file = temporaryFile("tools.json", { tools: [{ name: "a\u001b[2Jb\u202e" }] });
    const { stdout } = await run("--tools", file);
    for (const character of ["\u001b", "\u202e"]) expect(stdout).not.toContain(character);
  });
});

describe("the lines that correct labels", () => {
  it("are a part of a policy, as YAML or JSON", async () => {
    const given = ["--tools", tools(), "--set", "cancel_export=write", "--set", "frobnicate=execute"];
    const expected = { tools: { cancel_export: { category: "write" }, frobnicate: { category: "execute" } } };
    expect(parse((await run(...given)).stdout)).toEqual(expected);
    expect(JSON.parse((await run(...given, "--format", "json")).stdout)).toEqual(expected);
  });

  it("keep the rules that a policy has for the tool, and are valid in it", async () => {
    const document = {
      version: "1",
      default: "deny",
      tools: { "run_*": { limits: [{ counter: "c", window: "hour", max: 3 }] } },
    };
    const policy = temporaryFile("policy.json", document);
    const { stdout, stderr } = await run(
      "--tools",
      tools(),
      "--policy",
      policy,
      "--set",
      "run_job=write",
      "--set",
      "get_user=write",
    );
    const lines = JSON.parse(stdout);
    expect(lines.tools.run_job).toMatchObject({ category: "write", limits: [{ counter: "c" }] });
    expect(lines.tools.get_user).toEqual({ category: "write", action: "deny" });
    expect(stderr).toContain('"run_job": has the rules of the pattern "run_*"');
    expect(stderr).toContain('"get_user": denies this tool, as the policy does now');
    const whole = temporaryFile("whole.json", { ...document, tools: { ...document.tools, ...lines.tools } });
    expect(readPolicyFile(whole).ok).toBe(true);
  });

  it.each(["yaml", "json"])(
    "come from a list of --format %s whose categories a person edited",
    async (format) => {
      const { stdout } = await run("--tools", tools(), "--format", format);
      const file = temporaryFile(`labels.${format}`, stdout);
      expect((await run("--tools", tools(), "--corrections", file)).stderr).toContain("nothing to correct");
      writeFileSync(file, readFileSync(file, "utf8").replace("unknown", "financial"));
      const lines = await run("--tools", tools(), "--corrections", file);
      expect(parse(lines.stdout)).toEqual({ tools: { frobnicate: { category: "financial" } } });
    },
  );

  it.each([
    [["--set", "frobincate=read"], 'the server has no tool "frobincate", did you mean "frobnicate"?'],
    [["--corrections", "none.yaml"], "none.yaml: cannot be read"],
  ])("are refused for %j", async (flags, problem) => {
    const { code, stdout, stderr } = await run("--tools", tools(), ...flags);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(problem);
  });

  it.each([
    ["nothing", "must be a list that tollgate labels --format yaml printed"],
    ["tools:\n  - a", 'tools[0]: must have "name" and "category"'],
    ["tools:\n  - { name: run_job, category: wirte }", "tools[0].category: must be one of"],
  ])("are refused for a list of %j", async (text, problem) => {
    const file = temporaryFile("labels.yaml", text);
    const { code, stderr } = await run("--tools", tools(), "--corrections", file);
    expect(code).toBe(1);
    expect(stderr).toContain(problem);
  });
});

describe("the command line of tollgate labels", () => {
  it.each([
    [[], "a server is required"],
    [["--set", "a"], '--set: must be TOOL=CATEGORY, got "a"'],
    [["--set", "a=exekute"], 'got "exekute", did you mean "execute"?'],
    [["--category", "reads"], 'got "reads", did you mean "read"?'],
    [["--below", "2"], '--below: must be from 0 to 1, got "2"'],
    [["--format", "csv"], "--format: must be table or json or yaml"],
    [["--set", "a=read", "--format", "table"], "--format: must be json or yaml"],
    [["--upstream", "x"], "--upstream: must be an http or https URL"],
    [["word"], "word: is no flag"],
  ])("refuses %j", async (flags, problem) => {
    const { code, stderr } = await run(...flags);
    expect(code).toBe(64);
    expect(stderr).toContain(problem);
  });
});
