/** The demo's output: a frame that is redrawn in place on a terminal, and a summary at the end. */

import { drawFrame, type FrameContent } from "./frame.ts";
import { type SumGroup, type Sample, type SumQuery, sumBy, toPromql } from "./samples.ts";
import { type Paint, paintFor, readRows, renderGroups, renderRows } from "./table.ts";
import { LiveTerminal, type Output, sizeOf } from "./terminal.ts";

export type DemoAddresses = Pick<FrameContent, "mcp" | "admin">;

/** Writes the demo's output to a stream. */
export class Screen {
  readonly #output: Output;
  readonly #paint: Paint;
  #content: FrameContent;
  /** Absent when the output is no terminal that can be drawn on, and after `leave`. */
  #terminal: LiveTerminal | undefined;
  readonly #noticed = new Set<string>();

  /** `term` is the kind of terminal, as in the variable `TERM`. */
  constructor(output: Output, addresses: DemoAddresses, term: string | undefined) {
    this.#output = output;
    this.#paint = paintFor(output);
    this.#content = { ...addresses, rows: [] };
    const isLive = output.isTTY === true && term !== "dumb";
    if (isLive)
      this.#terminal = new LiveTerminal(output, (size) => drawFrame(this.#content, size, this.#paint));
    else this.#showAddresses();
  }

  /** Whether the table is redrawn in place; otherwise only the final table is shown. */
  get isLive(): boolean {
    return this.#terminal !== undefined;
  }

  /** Draws the table over the previous one. */
  showTable(samples: readonly Sample[]): void {
    this.#content = { ...this.#content, rows: readRows(samples) };
    this.#terminal?.redraw();
  }

  /** Says what the demo waits for, until it waits no longer: undefined. Outside a live terminal each text is written once. */
  showNotice(notice: string | undefined): void {
    const { notice: _old, ...content } = this.#content;
    this.#content = notice === undefined ? content : { ...content, notice };
    if (this.#terminal !== undefined) return this.#terminal.redraw();
    if (notice === undefined || this.#noticed.has(notice)) return;
    this.#noticed.add(notice);
    this.#write([notice]);
  }

  /** Gives the terminal back. */
  leave(): void {
    this.#terminal?.leave();
    this.#terminal = undefined;
  }

  /** The last table, the answers to questions about the calls, each with its PromQL query, and the next steps. */
  showSummary(samples: readonly Sample[]): void {
    const columns = this.#output.isTTY === true ? sizeOf(this.#output).columns : Infinity;
    this.#write(renderRows(readRows(samples), this.#paint, columns));
    for (const { question, sum } of QUESTIONS) {
      const groups = sumBy(samples, sum);
      this.#write([
        "",
        this.#paint("bold", question),
        this.#paint("dim", toPromql(sum)),
        ...answerLines(sum, groups),
      ]);
    }
    this.#write(["", this.#paint("bold", "Look next"), ...NEXT_STEPS]);
  }

  #showAddresses(): void {
    const { mcp, admin } = this.#content;
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

  #write(lines: readonly string[]): void {
    this.#output.write(lines.map((line) => `${line.trimEnd()}\n`).join(""));
  }
}

const NEXT_STEPS = [
  "  why each call was denied    tollgate demo --open    (the console; open a denied call)",
  "  a tour of three minutes     docs/tour.md",
  "  guard a server of yours     tollgate --upstream http://127.0.0.1:3000/mcp",
  "  a first policy for it       tollgate policy init --upstream http://127.0.0.1:3000/mcp",
];

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
