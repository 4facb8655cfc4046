/** Finds environment variables that begin like Tollgate's and are none of them, so that a misspelled one is not ignored. */

import { didYouMean, inBackticks } from "../policy/schema/did-you-mean.ts";
import { ADMIN_READ_TOKEN_VARIABLE, ADMIN_TOKEN_VARIABLE } from "./settings/admin/admin-token.ts";
import { FLAGS } from "./settings/flags.ts";
import { SENTINEL_PASSWORD, SENTINEL_USERNAME } from "./settings/limits/sentinel-account.ts";

const KNOWN: readonly string[] = [
  ...FLAGS.map(({ environment }) => environment),
  ADMIN_TOKEN_VARIABLE,
  ADMIN_READ_TOKEN_VARIABLE,
  SENTINEL_USERNAME,
  SENTINEL_PASSWORD,
  // Of the commands that call the admin listener.
  "TOLLGATE_ADMIN_CA",
  "TOLLGATE_ADMIN_CERT",
  "TOLLGATE_ADMIN_KEY",
];

/** Variables of programs that start Tollgate; it does not read them. */
const OF_LAUNCHERS: ReadonlySet<string> = new Set(["TOLLGATE_MAIN", "TOLLGATE_NODE", "TOLLGATE_ROOT"]);

/**
 * Variables that Kubernetes gives every container beside a Service whose name begins with `tollgate`.
 * Source: Kubernetes, "Accessing the Service", environment variables.
 */
const SERVICE_LINK =
  /^TOLLGATE(?:_\w+)?_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/;
const SERVICE_PORT = /^TOLLGATE(?:_\w+)?_PORT$/;

/** Returns one problem for each unknown variable that begins with `TOLLGATE_`: `TOLLGATE_POLCY: is no setting, did you mean ...?`. */
export function unknownVariables(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith(PREFIX) && !KNOWN.includes(name) && !OF_LAUNCHERS.has(name))
    .filter((name) => !isServiceLink(name, environment[name]))
    .map((name) => `${name}: is no variable of Tollgate${nearestVariable(name)}`);
}

/** Compares the parts after the prefix, which all variables have in common. */
function nearestVariable(name: string): string {
  const known = KNOWN.map((each) => each.slice(PREFIX.length));
  return didYouMean(name.slice(PREFIX.length), known, (nearest) => inBackticks(`${PREFIX}${nearest}`));
}

const PREFIX = "TOLLGATE_";

function isServiceLink(name: string, value = ""): boolean {
  return SERVICE_LINK.test(name) || (SERVICE_PORT.test(name) && /^(?:tcp|udp|sctp):\/\//.test(value));
}
