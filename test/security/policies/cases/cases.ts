/** The calls that each ready policy allows, and values that it forbids. */

import { CLOUDS } from "./clouds.ts";
import { DATABASES } from "./databases.ts";
import { REPOSITORIES } from "./repositories.ts";
import { SERVICES } from "./services.ts";

/** `{folder}` stands for the folder of the server. */
export interface Cases {
  /** Allowed arguments, by tool. */
  readonly args: Readonly<Record<string, object>>;
  /** By `TOOL.ARGUMENT` or `*.ARGUMENT`; for bounds, lengths and arguments that must be absent, values are derived from the rule. */
  readonly forbidden: Readonly<Record<string, readonly unknown[]>>;
}

export const CASES: Readonly<Record<string, Cases>> = {
  ...CLOUDS,
  ...DATABASES,
  ...REPOSITORIES,
  ...SERVICES,
};
