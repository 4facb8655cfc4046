/** What the demo shows: addresses, a table that is redrawn in place, and at the end the answers. */

import type { Writable } from "node:stream";
import { type Group, type Sample, type Sum, sumBy, toPromql } from "./samples.ts";
import { type Paint, paintFor, readRows, renderGroups, renderRows } from "./table.ts";

/** Where the demo writes: a terminal has `isTTY`. */
export type Output = Writable & { readonly isTTY?: boolean };

export interface Addresses {
  readonly mcp: string;
  readonly admin: string;
}

export class Screen {
  readonly #output: Output;
  readonly #paint: Paint;
  /** Lines of the table that stand above the cursor and are drawn over next. */
  #drawn = 0;

  constructor(output: Output) {
    this.#output = output;
    this.#paint = paintFor(output);
  }

  /** False where nothing can be drawn over: then only the final table is shown. */
  get isLive(): boolean {
    return this.#output.isTTY === true;
  }

  showAddresses({ mcp, admin }: Addresses): void {
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

  /** Draws the table over the one before. */
  showTable(samples: readonly Sample[]): void {
    const lines = renderRows(readRows(samples), this.#paint);
    if (this.#drawn > 0) this.#output.write(`\u001B[${this.#drawn}A\u001B[J`);
    this.#write(lines);
    this.#drawn = this.isLive ? lines.length : 0;
  }

  showAnswers(samples: readonly Sample[]): void {
    for (const { question, sum } of QUESTIONS) {
      const groups = sumBy(samples, sum);
      this.#write([
        "",
        this.#paint("bold", question),
        this.#paint("dim", toPromql(sum)),
        ...answer(sum, groups),
      ]);
    }
  }

  #write(lines: readonly string[]): void {
    this.#output.write(lines.map((line) => `${line.trimEnd()}\n`).join(""));
  }
}

const QUESTIONS: readonly { readonly question: string; readonly sum: Sum }[] = [
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

function answer(sum: Sum, groups: readonly Group[]): readonly string[] {
  return renderGroups(
    [...sum.by, "calls"],
    groups.map(({ key, total }) => [...key, String(total)]),
  ).map((line) => `  ${line}`);
}
