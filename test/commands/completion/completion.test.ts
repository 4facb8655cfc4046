import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCompletion } from "../../../src/commands/completion.ts";
import { flagsIn, knownCommands } from "../../../src/commands/completion/vocabulary.ts";
import { temporaryFolder } from "../../fixtures/lifetime.ts";
import { captureIo, type Run } from "../../fixtures/capture-io.ts";

const run = (...argv: readonly string[]): Promise<Run> => captureIo((io) => runCompletion(argv, io));

/** The words that bash offers for the last of the words. */
async function offered(words: readonly string[]): Promise<string[]> {
  const file = join(temporaryFolder(), "tollgate.bash");
  writeFileSync(file, (await run("bash")).stdout);
  const line = words.map((word) => `'${word}'`).join(" ");
  const script = `source "${file}"; COMP_WORDS=(tollgate ${line}); COMP_CWORD=${words.length}; _tollgate; printf '%s\n' "\${COMPREPLY[@]}"`;
  return execFileSync("bash", ["-c", script], { encoding: "utf8" })
    .split("\n")
    .filter((word) => word !== "");
}

describe("completion in bash", () => {
  it.each([
    [["po"], ["policy"]],
    [["policy", "ch"], ["check"]],
    [["policy", "check", "policy.json", "--f"], ["--format"]],
    [
      ["policy", "check", "--format", ""],
      ["text", "json"],
    ],
    [["audit", "query", "--format", "c"], ["csv"]],
    [["audit", "query", "--si"], ["--since"]],
    [
      ["approvals", ""],
      [
        "list",
        "approve",
        "reject",
        "--help",
        "--agent",
        "--tool",
        "--admin",
        "--admin-ca",
        "--admin-cert",
        "--admin-key",
        "--by",
        "--reason",
        "--format",
      ],
    ],
    [["--log-f"], ["--log-format"]],
    [
      ["--mode", ""],
      ["enforce", "shadow"],
    ],
    [
      ["run", "--upstream-transport", "s"],
      ["streamable-http", "sse"],
    ],
    [["completion", "z"], ["zsh"]],
    [["--upstream", "http://127.0.0.1:3000/mcp", "--req"], ["--require-isolation"]],
    // A path, or a word of the server's own command: the shell completes these as files.
    [["policy", "check", "--tools", ""], []],
    [["--", "npx", "--po"], []],
  ])("of %j offers %j", async (words, expected) => {
    expect(await offered(words)).toEqual(expected);
  });
});

describe("the words of completion", () => {
  it("have each command that the help names", () => {
    const named = knownCommands().filter(({ path }) => path.length === 1);
    const top = knownCommands().find(({ path }) => path.length === 0);
    const missing = top?.subcommands.filter((name) => !named.some(({ path }) => path[0] === name));
    expect(missing).toEqual(["help", "version"]);
  });

  it("are the flags of a help text, without those of its examples", () => {
    expect(
      flagsIn("  --tools FILE  a list\n  --format text|json  (text)\n\nExample: tollgate x --other"),
    ).toEqual([
      { flag: "--help" },
      { flag: "--tools", value: "file" },
      { flag: "--format", value: ["text", "json"] },
    ]);
  });
});

describe("the help of a command", () => {
  it.each(knownCommands().filter(({ help, path }) => help !== "" && path.length > 0))(
    "$path has two examples, with flags that it knows",
    ({ help, flags, path }) => {
      const [block = ""] = (help.split(/\nExamples[:\n]/)[1] ?? "").split("\nExit codes");
      const examples = block.split("\n").filter((line) => line.includes("tollgate "));
      expect(examples.length).toBeGreaterThanOrEqual(2);
      const known = new Set(flags.map(({ flag }) => flag));
      const own = examples.flatMap((line) =>
        (line.split(" -- ")[0] ?? "").split(/[|&]/).filter((part) => part.includes(`tollgate ${path[0]}`)),
      );
      for (const [flag] of own.join(" ").matchAll(/(?<= )--[a-z-]+/g)) expect(known).toContain(flag);
    },
  );
});

describe("tollgate completion", () => {
  it.each([
    [[], "tollgate completion: a shell is required: bash, zsh, fish"],
    [["bsh"], "tollgate completion: unknown shell `bsh`, did you mean `bash`?"],
    [["bash", "x"], "tollgate completion: unexpected `x`"],
  ])("refuses %j", async (argv, text) => {
    const { code, stderr } = await run(...argv);
    expect([code, stderr.split("\n")[0]]).toEqual([64, text]);
  });

  it("has a help", async () => {
    const { code, stdout } = await run("--help");
    expect(code).toBe(0);
    expect(stdout).toContain("Usage: tollgate completion bash|zsh|fish");
  });

  it.each(["zsh", "fish"])("writes a script of %s that knows every command and flag", async (shell) => {
    const script = (await run(shell)).stdout;
    for (const { path, flags } of knownCommands())
      for (const word of [...path, ...flags.map(({ flag }) => flag.slice(2))]) expect(script).toContain(word);
  });
});
