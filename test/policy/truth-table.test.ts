/** The truth table of docs/policy.md: each cell is a test, and no operator or type of operand is left out. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CONDITION, evaluate } from "../../src/policy/condition.ts";
import { compileTest, OPERATORS } from "../../src/policy/operator.ts";
import { DocumentPath } from "../../src/policy/schema/document-path.ts";
import { fromLiteral } from "./policies.ts";

/** Values of each type; with the operands below, comparisons of one type come out both ways. */
const VALUES = new Map<string, readonly unknown[]>([
  ["null or missing", [null, undefined]],
  ["truth value", [true, false]],
  ["number", [0, 1, -2.5]],
  ["text", ["a", "", "true", "0", "null", " 1 ", "[]", "{}", "yes"]],
  ["list", [[], ["a"], [0], [true], [[]], [{ a: 1 }]]],
  ["object", [{}, { a: 1 }, { a: 2 }, { live: null }]],
]);

const OPERANDS = new Map<string, readonly unknown[]>([
  ["truth value", [true, false]],
  ["number", [0, 1]],
  ["text", ["a", ""]],
  ["list", [[], ["a"]]],
  ["object", [{ a: 1 }]],
  ["null", [null]],
  ["list of truth values", [[true], [false]]],
  ["list of numbers", [[0, 1], [9]]],
  ["list of texts", [["a", "b"], [""]]],
  ["list of lists", [[[]], [["a"]]]],
  ["list of objects", [[{ a: 1 }]]],
  ["list of nulls", [[null]]],
  ["empty list", [[]]],
]);

interface Row {
  readonly operators: readonly string[];
  readonly of: string;
  readonly operand: string;
  readonly cells: readonly (readonly [type: string, cell: string])[];
}

function readTable(): Row[] {
  const page = readFileSync(new URL("../../docs/policy.md", import.meta.url), "utf8");
  const lines = page.slice(page.indexOf("truth-table.test.ts")).split("\n");
  const table = lines.slice(lines.findIndex((line) => line.startsWith("|")));
  const [head = [], , ...rows] = table.slice(0, table.indexOf("")).map(cellsOf);
  const types = head.slice(2);
  return rows.map(([operators = "", operand = "", ...cells]) => ({
    operators: Array.from(operators.split(" of ")[0]?.matchAll(/`(\w+)`/g) ?? [], ([, name = ""]) => name),
    of: / of `(\w+)`/.exec(operators)?.[1] ?? "value",
    operand,
    cells: types.map((type, index) => [type, cells[index] ?? ""] as const),
  }));
}

function cellsOf(line: string): string[] {
  return line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
}

const ROWS = readTable();

const CASES = ROWS.flatMap(({ operators, of, operand, cells }) =>
  operators.flatMap((op) => cells.map(([type, cell]) => ({ op, of, operand, type, cell }))),
);

/** Every result that the operator has on values of the type with operands of the type. */
function resultsOf({ op, of, operand, type }: (typeof CASES)[number]): Set<unknown> {
  const results = new Set<unknown>();
  for (const value of OPERANDS.get(operand) ?? []) {
    const literal = { path: "args.v", op, value, ...(of !== "value" && { of }) };
    const condition = CONDITION.read(fromLiteral(literal), DocumentPath.root([]));
    if (condition === undefined)
      throw new Error(`the table has what no policy may say: ${JSON.stringify(literal)}`);
    for (const subject of VALUES.get(type) ?? []) {
      const args = subject === undefined ? new Map() : new Map([["v", fromLiteral(subject)]]);
      results.add(evaluate(condition, args));
    }
  }
  return results;
}

describe("the truth table of docs/policy.md", () => {
  it.each(CASES)("$op of $of with a $operand on a $type is $cell", (cell) => {
    const results = resultsOf(cell);
    const isCompared = results.has(true) || results.has(false);
    expect(isCompared ? "compared" : Array.from(results).join()).toBe(cell.cell);
    // Parts of a list or an object have types of their own.
    const isDeep = cell.type === "list" || cell.type === "object";
    if (isCompared && !isDeep) expect(results.has("type")).toBe(false);
  });

  it("has a row for every operator with every type of operand that a policy may give it", () => {
    const missing = OPERATORS.flatMap((op) =>
      Array.from(OPERANDS.keys())
        .filter((operand) => {
          const isTaken = compileTest(op, fromLiteral(OPERANDS.get(operand)?.[0])).ok;
          // A list of anything is a list to operators that do not look at its items.
          const isDetail = /^list of|^empty/.test(operand) && op !== "in" && op !== "not_in";
          const isGeneral = operand === "list" && (op === "in" || op === "not_in");
          return isTaken && !isDetail && !isGeneral;
        })
        .filter((operand) => !ROWS.some((row) => row.operators.includes(op) && row.operand === operand))
        .map((operand) => `${op} ${operand}`),
    );
    expect(missing).toEqual([]);
  });

  it("has a column for every type", () => {
    expect(ROWS[0]?.cells.map(([type]) => type)).toEqual(Array.from(VALUES.keys()));
    expect(ROWS.length).toBeGreaterThan(20);
  });
});
