/** The unit of deploy/systemd by systemd itself: it is correct, and exposes little. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requireProgram } from "../fixtures/system-program.ts";

const UNIT = readFileSync(join(import.meta.dirname, "../../deploy/systemd/tollgate.service"), "utf8");

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-unit-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs systemd-analyze on a unit that starts a program of this machine; returns its exit code and its output. */
function analyze(command: string, unit: string): { readonly code: number | null; readonly said: string } {
  const file = join(folder, "tollgate.service");
  writeFileSync(file, unit.replaceAll("/usr/local/bin/tollgate", process.execPath));
  const words = [...command.split(" "), file];
  const { status, stdout, stderr } = spawnSync(requireProgram("systemd-analyze"), words, {
    encoding: "utf8",
  });
  return { code: status, said: stdout + stderr };
}

describe("deploy/systemd/tollgate.service", () => {
  it("has no fault that systemd-analyze finds", () => {
    expect(analyze("verify", UNIT)).toEqual({ code: 0, said: "" });
    expect(analyze("verify", UNIT.replace("ProtectHome=", "ProtectHomes=")).said).toContain("Unknown key");
  });

  it("has an exposure of at most 2 of 10", () => {
    expect(analyze("security --offline=true --threshold=20", UNIT).code).toBe(0);
    expect(analyze("security --offline=true --threshold=20", "[Service]\nExecStart=/bin/true\n").code).toBe(
      1,
    );
  });
});
