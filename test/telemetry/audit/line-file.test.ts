/** Lines that are written whole or counted as lost. */

import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { LineFile } from "../../../src/telemetry/audit/line-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-lines-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

it("writes lines in their order, as UTF-8", () => {
  const path = join(folder, "lines");
  const file = new LineFile({ target: path, onDropped: () => undefined });
  for (const line of ["a\n", "größe\n", "測\n"]) file.append(line);
  file.close();
  expect(readFileSync(path, "utf8")).toBe("a\ngröße\n測\n");
});

it("writes at once when the batch is full", () => {
  const path = join(folder, "lines");
  const file = new LineFile({ target: path, onDropped: () => undefined });
  file.append(`${"x".repeat(70_000)}\n`);
  expect(readFileSync(path, "utf8")).toHaveLength(70_001);
  file.close();
});

it("counts every line of each batch that a broken descriptor refuses", () => {
  const descriptor = openSync(join(folder, "lines"), "w");
  let dropped = 0;
  const file = new LineFile({ target: descriptor, onDropped: (lines) => (dropped += lines) });
  closeSync(descriptor);
  for (let batch = 0; batch < 3; batch += 1) {
    file.append("a\n");
    file.append("b\n");
    file.flush();
  }
  expect(dropped).toBe(6);
});
