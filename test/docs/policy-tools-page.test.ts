/** The page "Policy tools" is what happens: its files are written, its commands run, its output compared. */

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PAGE = readFileSync(join(ROOT, "docs/policy-tools.md"), "utf8");

/** A file that the text tells the reader to save: its name ends the sentence before the block. */
const FILES = [...PAGE.matchAll(/`([\w.]+)`:\n\n```\w+\n([\s\S]*?)```/g)];
const COMMANDS = [...PAGE.matchAll(/```console\n([\s\S]*?)```/g)].flatMap(([, block = ""]) =>
  [...block.matchAll(/^\$ tollgate (.*)\n((?:(?!\$ ).*\n)*)/gm)].map(([, command = "", output = ""]) => ({
    command,
    output,
  })),
);

/** Words as a shell splits them; single quotes keep one together. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

function runTollgate(command: string, folder: string): Promise<string> {
  const path = [join(ROOT, "node_modules/.bin"), process.env["PATH"]].join(delimiter);
  const options = { cwd: folder, env: { ...process.env, PATH: path } };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(ROOT, "src/main.ts"), ...wordsOf(command)],
      options,
      (_error, stdout, stderr) => {
        resolve(stdout + stderr);
      },
    );
  });
}

describe("docs/policy-tools.md", () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "tollgate-"));
    for (const [, name = "", content = ""] of FILES) writeFileSync(join(folder, name), content);
  });

  it("shows files and commands", () => {
    expect(FILES.map(([, name]) => name)).toEqual([
      "orders.yaml",
      "tools.json",
      "orders.test.json",
      "audit.jsonl",
    ]);
    expect(COMMANDS.map(({ command }) => command.split(" ")[1])).toEqual([
      "init",
      "check",
      "check",
      "explain",
      "test",
      "learn",
      "replay",
    ]);
  });

  it.each(COMMANDS)("shows what $command prints", async ({ command, output }) => {
    expect(await runTollgate(command, folder)).toBe(output);
  });
});
