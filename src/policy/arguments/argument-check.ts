/** How arguments are checked against a tool's inputSchema, and what a check can find; as data. */

export const ARGUMENT_CHECKS = ["validate", "observe", "off"] as const;
/** `validate` denies arguments that do not fit; `observe` counts them and lets them pass. */
export type ArgumentCheck = (typeof ARGUMENT_CHECKS)[number];

export const ARGUMENT_CAUSES = ["invalid", "schema_unknown", "schema_unusable", "unchecked"] as const;
/**
 * Why arguments do not count as valid. `schema_unknown`: the server has not listed the tool with a schema.
 * `schema_unusable`: its schema cannot be compiled. `unchecked`: the check would take too long.
 */
export type ArgumentCause = (typeof ARGUMENT_CAUSES)[number];

/** The fault of the arguments of a call. */
export interface ArgumentsFault {
  readonly cause: ArgumentCause;
  /** `args.items[0].amount`; only for `invalid`. */
  readonly path?: string;
  /** In words for the agent: `args.force must be a boolean, got a string`. Never an argument's value. */
  readonly text: string;
}
