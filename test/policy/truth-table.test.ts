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
  [
    "text",
    [
      "a",
      "",
      "true",
      "0",
      "null",
      " 1 ",
      "[]",
      "{}",
      "yes",
      "https://a.example/",
      "http://10.0.0.1/",
      "10.0.0.1",
      "2026-01-01T00:00:00Z",
    ],
  ],
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
/** Operands of the operators that need texts of a form. */
const FORMED = new Map<string, readonly unknown[]>([
  ["path_within", ["/a"]],
  ["host_in", ["a.example"]],
  ["cidr", ["10.0.0.0/8"]],
  ["before", ["2026-01-01T00:00:00Z"]],
  ["after", ["2026-01-01T00:00:00Z"]],
]);

/** Operands that are parts of a URL. */
const PARTS = new Map<string, string>([
  ["scheme", "https"],
  ["host", "a.example"],
  ["path", "/a"],
]);

function operandsOf(op: string, operand: string, of = "value"): readonly unknown[] {
  const part = PARTS.get(of);
  if (part !== undefined && !FORMED.has(op)) return operand === "text" ? [part] : [[part]];
  const formed = FORMED.get(op);
  if (formed === undefined) return OPERANDS.get(operand) ?? [];
  return operand === "text" ? formed : operand === "list of texts" ? [formed] : [];
}

function resultsOf({ op, of, operand, type }: (typeof CASES)[number]): Set<unknown> {
  const results = new Set<unknown>();
  for (const value of operandsOf(op, operand, of)) {
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
    const word =
      isCompared && cell.cell.endsWith(" or type") && results.has("type") ? "compared or type" : "compared";
    expect(isCompared ? word : Array.from(results).join()).toBe(cell.cell);
    // Parts of a list or an object have types of their own.
    const isDeep = cell.type === "list" || cell.type === "object";
    if (isCompared && !isDeep && word === "compared") expect(results.has("type")).toBe(false);
  });

  it("has a row for every operator with every type of operand that a policy may give it", () => {
    const missing = OPERATORS.flatMap((op) =>
      Array.from(OPERANDS.keys())
        .filter((operand) => {
          const [value] = operandsOf(op, operand);
          const isTaken = value !== undefined && compileTest(op, fromLiteral(value)).ok;
          // A list of anything is a list to operators that do not look at its items.
          const isDetail =
            /^list of|^empty/.test(operand) && !/^(?:not_)?in$|^matches$/.test(op) && !FORMED.has(op);
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
