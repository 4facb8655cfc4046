/** Thrown inside a validation that cannot be finished: the arguments are then neither valid nor invalid. */
export class UncheckedError extends Error {
  override readonly name = "UncheckedError";
}
