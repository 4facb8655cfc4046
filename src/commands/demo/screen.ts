/** The demo's output: addresses, a table that is redrawn in place, and a summary at the end. */

import type { Writable } from "node:stream";
import { type SumGroup, type Sample, type SumQuery, sumBy, toPromql } from "./samples.ts";
import { type Paint, paintFor, readRows, renderGroups, renderRows } from "./table.ts";

/** The stream that the demo writes to; `isTTY` is true for a terminal. */
export type Output = Writable & { readonly isTTY?: boolean };

export interface DemoAddresses {
  readonly mcp: string;
  readonly admin: string;
}

/** Writes the demo's output to a stream. */
export class Screen {
  readonly #output: Output;
  readonly #paint: Paint;
  /** Number of table lines above the cursor, which the next table overwrites. */
  #drawn = 0;

  constructor(output: Output) {
    this.#output = output;
    this.#paint = paintFor(output);
  }

  /** Whether the table can be redrawn in place; otherwise only the final table is shown. */
  get isLive(): boolean {
    return this.#output.isTTY === true;
  }

  showAddresses({ mcp, admin }: DemoAddresses): void {
    const pages = ["/metrics", "/policy", "/tools", "/healthz", "/readyz"].map((page) => `${admin}${page}`);
    this.#write([
      this.#paint("bold", "Three agents call a demo server; Tollgate stands between them."),
      "",
      `  agents call   ${mcp}`,
      `  console       ${admin}/`,
      `  open          ${pages[0]}`,
      ...pages.slice(1).map((page) => `                ${page}`),
      "",
    ]);
  }

  /** Draws the table over the previous one. */
  showTable(samples: readonly Sample[]): void {
    const lines = renderRows(readRows(samples), this.#paint);
    if (this.#drawn > 0) this.#output.write(`\u001B[${this.#drawn}A\u001B[J`);
    this.#write(lines);
    this.#drawn = this.isLive ? lines.length : 0;
  }

  /** Answers questions about the calls, each with its PromQL query. */
  showAnswers(samples: readonly Sample[]): void {
    for (const { question, sum } of QUESTIONS) {
      const groups = sumBy(samples, sum);
      this.#write([
        "",
        this.#paint("bold", question),
        this.#paint("dim", toPromql(sum)),
        ...answerLines(sum, groups),
      ]);
    }
  }

  #write(lines: readonly string[]): void {
    this.#output.write(lines.map((line) => `${line.trimEnd()}\n`).join(""));
  }
}

const QUESTIONS: readonly { readonly question: string; readonly sum: SumQuery }[] = [
  {
    question: "Which agents called which execute tools, how often?",
    sum: { metric: "tollgate_tool_calls_total", where: { category: "execute" }, by: ["agent", "tool"] },
  },
  {
    question: "How many of these calls were denied, and why?",
    sum: {
      metric: "tollgate_tool_denials_total",
      where: { category: "execute", mode: "enforce" },
      by: ["agent", "tool", "reason"],
    },
  },
];

function answerLines(sum: SumQuery, groups: readonly SumGroup[]): readonly string[] {
  return renderGroups(
    [...sum.by, "calls"],
    groups.map(({ key, total }) => [...key, String(total)]),
  ).map((line) => `  ${line}`);
}
