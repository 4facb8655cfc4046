import { describe, expect, it } from "vitest";
import type { Figure } from "./figure.ts";
import { drawTable, OPERATIONS } from "./table.ts";

const ROWS = [
  { name: "drain", bar: "0 failed" },
  { name: "soak", bar: "1 %" },
];
const DRAIN: Figure = { row: "drain", figure: "0 of 400 failed", isMet: true };
const SOAK: Figure = { row: "soak", figure: "0.4 %", isMet: true };

function faults(survived: number, lost: number): readonly Figure[] {
  return Array.from({ length: survived + lost }, (_, index) => ({
    row: "faults",
    figure: `fault ${index}`,
    isMet: index < survived,
  }));
}

describe("the table of operations", () => {
  it("shows each bar with its measured figure", () => {
    expect(drawTable(ROWS, [SOAK, DRAIN])).toEqual({
      text: "met      drain  0 of 400 failed (bar: 0 failed)\nmet      soak   0.4 % (bar: 1 %)\n2 of 2 bars met",
      isMet: true,
    });
  });

  it("is not met when one of several figures misses its bar", () => {
    const { text, isMet } = drawTable(ROWS, [SOAK, DRAIN, { ...DRAIN, figure: "3 failed", isMet: false }]);
    expect(text).toContain("MISSED   drain  0 of 400 failed; 3 failed (bar");
    expect(isMet).toBe(false);
  });

  it("is not met where nothing was measured", () => {
    const { text, isMet } = drawTable(ROWS, [DRAIN]);
    expect(text).toContain("MISSING  soak   was not measured (bar: 1 %)\n1 of 2 bars met");
    expect(isMet).toBe(false);
  });

  it.each([
    [53, 0, "met      faults  53 of 53 survived"],
    [52, 0, "MISSED   faults  52 of 52 survived"],
    [53, 1, "MISSED   faults  53 of 54 survived, not: fault 53"],
  ])("counts faults: %d survived and %d not", (survived, lost, line) => {
    const rows = OPERATIONS.filter(({ name }) => name === "faults");
    expect(drawTable(rows, faults(survived, lost)).text).toContain(line);
  });
});
