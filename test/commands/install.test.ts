/** `tollgate install`: what it does with files; that the executable installs itself is in test/system/executable.test.ts. */

import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { runInstall } from "../../src/commands/install.ts";
import { captureIo } from "../fixtures/capture-io.ts";
import { temporaryFile } from "../fixtures/lifetime.ts";

function folderWithProgram(): { folder: string; program: string } {
  const program = temporaryFile("program", "the program");
  return { folder: dirname(program), program };
}

function install(argv: readonly string[], executable?: string) {
  return captureIo((io) => runInstall(argv, io, executable));
}

describe("tollgate install", () => {
  it("leaves an executable copy over an older one, its library, and nothing beside them", async () => {
    const { folder, program } = folderWithProgram();
    writeFileSync(join(folder, "libatomic.so.1"), "the library");
    const target = mkdtempSync(join(folder, "target-"));
    writeFileSync(join(target, "tollgate"), "an older program");
    expect(await install([target], program)).toEqual({
      code: 0,
      stdout: `installed ${target}/tollgate\n`,
      stderr: "",
    });
    expect(readFileSync(join(target, "tollgate"), "utf8")).toBe("the program");
    expect(readFileSync(join(target, "libatomic.so.1"), "utf8")).toBe("the library");
    expect(statSync(join(target, "tollgate")).mode & 0o777).toBe(0o755);
    expect(readdirSync(target).toSorted()).toEqual(["libatomic.so.1", "tollgate"]);
  });

  it("does without the library where there is none", async () => {
    const { folder, program } = folderWithProgram();
    expect((await install([folder], program)).code).toBe(0);
    expect(readdirSync(folder).toSorted()).toEqual(["program", "tollgate"]);
  });

  it("says which folder cannot be written", async () => {
    const { folder, program } = folderWithProgram();
    const { code, stderr } = await install([join(folder, "nowhere")], program);
    expect(code).toBe(1);
    expect(stderr).toContain("nowhere: cannot be written");
  });

  it("is refused where the program is not one file", async () => {
    const { code, stderr } = await install(["/nowhere"]);
    expect(code).toBe(64);
    expect(stderr).toContain("only the self-contained executable can");
  });

  it.each([[[]], [["a", "b"]]])("is refused with %j", async (argv) => {
    expect((await install(argv, "/bin/true")).code).toBe(64);
  });
});
