/** A child that cannot be spoken to. */

/** `not_started`: there is no such program, or it may not run; `gone`: it takes no more lines. */
export type ChildFault = "not_started" | "gone";

export class ChildError extends Error {
  override readonly name = "ChildError";
  readonly fault: ChildFault;
  /** Whether it may have read the line all the same. */
  readonly wasSent: boolean;

  constructor(fault: ChildFault, message: string, cause?: unknown, wasSent = false) {
    super(message, { cause });
    this.fault = fault;
    this.wasSent = wasSent;
  }
}
