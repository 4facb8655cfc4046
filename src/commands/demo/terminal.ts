/** Draws frames in place on a terminal, on its alternate screen, and gives the terminal back as it was. */

import type { Writable } from "node:stream";

/** The stream that the demo writes to; `isTTY` is true for a terminal, which then has a size. */
export type Output = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** Returns the lines of a frame that fits the size; no line is wider, and there are no more lines than rows. */
export type DrawFrame = (size: TerminalSize) => readonly string[];

// Alternate screen, no cursor, no wrapping: a frame that is drawn while the window shrinks leaves nothing behind.
const ENTER = "\u001B[?1049h\u001B[?25l\u001B[?7l";
const LEAVE = "\u001B[?7h\u001B[?25h\u001B[?1049l";
const ERASE_LINE = "\u001B[2K";

/** The size of a terminal that does not say it. */
const USUAL_SIZE: TerminalSize = { columns: 80, rows: 24 };

export function sizeOf({ columns, rows }: Output): TerminalSize {
  return { columns: columns || USUAL_SIZE.columns, rows: rows || USUAL_SIZE.rows };
}

export class LiveTerminal {
  readonly #output: Output;
  readonly #draw: DrawFrame;
  readonly #redraw = (): void => this.redraw();
  readonly #leave = (): void => this.leave();
  #isOpen = true;

  /** Takes the terminal over until `leave`, or until the process ends. */
  constructor(output: Output, draw: DrawFrame) {
    this.#output = output;
    this.#draw = draw;
    output.write(ENTER);
    output.on("resize", this.#redraw);
    process.once("exit", this.#leave);
    this.redraw();
  }

  /** Draws a frame over the previous one, from the first row to the last. */
  redraw(): void {
    if (!this.#isOpen) return;
    const size = sizeOf(this.#output);
    const lines = this.#draw(size);
    const rows = Array.from({ length: size.rows }, (_, row) => `${ERASE_LINE}${lines[row] ?? ""}`);
    this.#output.write(`\u001B[H${rows.join("\r\n")}`);
  }

  /** Shows again what the terminal showed before. */
  leave(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#output.off("resize", this.#redraw);
    process.off("exit", this.#leave);
    this.#output.write(LEAVE);
  }
}
