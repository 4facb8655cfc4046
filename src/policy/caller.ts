/** The caller of a request as a policy sees it: the agent, the user on whose behalf it acts, and the claims of its proof. */

import { NOW_PATH_EXPECTED, parseNowPath, partsOfNow } from "./time/now.ts";
import { type TimeZone, UTC } from "./time/time-zone.ts";
import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../json/json.ts";
import {
  type ArgumentPath,
  parseItemsPath,
  type PathSegment,
  resolveArgument,
  WRONG_CONTAINER,
} from "../json/path.ts";

export interface Caller {
  /** The agent that limits count; all unauthenticated callers share the name `anonymous`. */
  readonly agent: string;
  /** The verified user on whose behalf the agent acts; absent when none is known. */
  readonly user?: string;
  /** The session that `scope: "session"` counts; absent in the stateless era. */
  readonly session?: string;
  /** The source of the agent's name: `jwt`, `api_key`, or `none` for a caller without a proof. */
  readonly source?: string;
  /** The caller's IP address; absent on stdio. */
  readonly address?: string;
  /** When the request came, in milliseconds since the epoch; absent where no time is known. */
  readonly nowMs?: number;
  /** Reads the claims of the proof; absent for a proof without claims. */
  readonly proof?: () => Proof;
}

/** The claims of a verified token, and the lists that rules ask for most. */
export interface Proof {
  readonly issuer?: string;
  /** A list of texts; an object where the token has no list that can be read. Absent without the claim. */
  readonly groups?: Json;
  readonly scopes?: Json;
  readonly claims: JsonObject;
}

/** Default claims of groups: the usual one, and that of AWS Cognito. */
const GROUP_CLAIMS: readonly ArgumentPath[] = [["groups"], ["cognito:groups"]];

/** Reads groups and scopes from the claims; `groupsClaim` holds the names down to the claim of the groups. */
export function proofOf(claims: JsonObject, groupsClaim?: ArgumentPath): Proof {
  const issuer = claims.get("iss");
  const groups = groupsOf(claims, groupsClaim);
  const scopes = scopesOf(claims);
  return {
    claims,
    ...(typeof issuer === "string" && { issuer }),
    ...(groups !== undefined && { groups }),
    ...(scopes !== undefined && { scopes }),
  };
}

function groupsOf(claims: JsonObject, groupsClaim: ArgumentPath | undefined): Json | undefined {
  const paths = groupsClaim === undefined ? GROUP_CLAIMS : [groupsClaim];
  for (const path of paths) {
    const found = resolveArgument(claims, path);
    // Security: a list of another type is no list of groups, so that a rule about it cannot be evaluated.
    if (found === WRONG_CONTAINER) return new Map();
    // One group alone may be written without a list; as a text, `contains` would find a part of its name.
    if (found !== undefined) return typeof found === "string" ? [found] : found;
  }
  return hasMoreGroups(claims) ? new Map() : undefined;
}

// Security: without this, a user in too many groups would be in none, and no rule against a group would hold.
/** Whether Microsoft Entra ID has left the groups out, since they are too many for a token. */
function hasMoreGroups(claims: JsonObject): boolean {
  const elsewhere = claims.get("_claim_names");
  return claims.get("hasgroups") === true || (isJsonObject(elsewhere) && elsewhere.has("groups"));
}

/** `scope` (RFC 9068), else `scp`: one text with blanks between, or a list. */
function scopesOf(claims: JsonObject): Json | undefined {
  const found = claims.get("scope") ?? claims.get("scp") ?? undefined;
  return typeof found === "string" ? found.split(" ").filter((scope) => scope !== "") : found;
}

/** The parts of a caller that conditions name; the texts have no parts of their own. */
const TEXTS = ["agent", "user", "source", "address", "issuer"] as const;
const OTHERS = ["groups", "scopes", "claims"] as const;
/** Not of the caller, but as little an argument of the tool. */
const TIME = "now";
type CallerPart = (typeof TEXTS)[number] | (typeof OTHERS)[number] | typeof TIME;

const CALLER_PATH_EXPECTED =
  "caller.agent, caller.user, caller.source, caller.address, caller.issuer, caller.groups, caller.scopes or caller.claims.NAME";

/** The paths that a path which begins like one of these may have meant; undefined for others. */
export function callerPathExpected(path: string): string | undefined {
  if (path.startsWith("caller")) return CALLER_PATH_EXPECTED;
  return path.startsWith("now") ? NOW_PATH_EXPECTED : undefined;
}

/** A path below `caller`: the part, then the segments within it. */
export type CallerPath = readonly [part: CallerPart, ...rest: PathSegment[]];

/** Parses `caller.groups` and the like; `claims.x` is short for `caller.claims.x`. `now.hour` has this form too. Undefined for any other text. */
export function parseCallerPath(text: string): CallerPath | undefined {
  const claims = parseItemsPath(text, "claims");
  if (claims !== undefined) return ["claims", ...claims];
  const now = parseNowPath(text);
  if (now !== undefined) return now;
  const [name, ...rest] = parseItemsPath(text, "caller") ?? [];
  const isText = TEXTS.some((one) => one === name);
  const part = [...TEXTS, ...OTHERS].find((one) => one === name);
  return part === undefined || (isText && rest.length > 0) ? undefined : [part, ...rest];
}

/** An object with this part of the caller alone; empty when the caller does not have it. */
export function callerPart(caller: Caller | undefined, part: CallerPart, zone: TimeZone = UTC): JsonObject {
  if (part === TIME) return new Map([[TIME, partsOfNow(caller?.nowMs, zone)]]);
  const value = partOf(caller, part);
  return value === undefined ? NO_PART : new Map([[part, value]]);
}

const NO_PART: JsonObject = new Map();

function partOf(caller: Caller | undefined, part: Exclude<CallerPart, typeof TIME>): Json | undefined {
  switch (part) {
    case "agent":
    case "user":
    case "source":
    case "address":
      return caller?.[part];
    case "issuer":
    case "groups":
    case "scopes":
    case "claims":
      return caller?.proof?.()[part];
  }
}

/** Whether a list of the proof holds one of the names; undefined when it cannot be read. */
export function listHolds(list: Json | undefined, names: readonly string[]): boolean | undefined {
  if (list === undefined) return false;
  return isJsonArray(list) ? list.some((item) => names.some((name) => name === item)) : undefined;
}

/** The object that the condition's segments begin in: the arguments, or the part of the caller that it names. */
export function conditionRoot(
  { callerPath, zone }: { readonly callerPath?: CallerPath; readonly zone?: TimeZone },
  args: JsonObject,
  caller?: Caller,
): JsonObject {
  return callerPath === undefined ? args : callerPart(caller, callerPath[0], zone);
}
