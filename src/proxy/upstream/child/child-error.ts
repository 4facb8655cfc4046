/** The error of a child that takes no messages. */

/** `not_started`: the program is missing or not executable; `gone`: the child takes no more lines. */
export type ChildFault = "not_started" | "gone";

export class ChildError extends Error {
  override readonly name = "ChildError";
  readonly fault: ChildFault;
  /** Whether the child may have read the line. */
  readonly wasSent: boolean;

  constructor(fault: ChildFault, message: string, cause?: unknown, wasSent = false) {
    super(message, { cause });
    this.fault = fault;
    this.wasSent = wasSent;
  }
}
