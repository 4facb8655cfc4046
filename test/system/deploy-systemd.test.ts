/** The unit of deploy/systemd by systemd itself: it is correct, and exposes little. */

import { execFileSync } from "node:child_process";
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

/** Runs systemd-analyze on a unit that starts a program of this machine; returns its output. */
function analyze(command: string, unit: string): string {
  const file = join(folder, "tollgate.service");
  writeFileSync(file, unit.replaceAll("/usr/local/bin/tollgate", process.execPath));
  const words = [...command.split(" "), file];
  return execFileSync(requireProgram("systemd-analyze"), words, { encoding: "utf8", stdio: "pipe" });
}

describe("deploy/systemd/tollgate.service", () => {
  it("has no fault that systemd-analyze finds", () => {
    expect(analyze("verify", UNIT)).toBe("");
    expect(() => analyze("verify", UNIT.replace("Type=exec", "ExecStart="))).toThrow();
  });

  it("has an exposure of at most 2 of 10", () => {
    expect(analyze("security --offline=true --threshold=20", UNIT)).toContain("Overall exposure level");
  });
});
