/** The caller of a request as a policy sees it: the agent, the user on whose behalf it acts, and the claims of its proof. */

import type { Json, JsonObject } from "../json/json.ts";

export interface Caller {
  /** The agent that limits count; all unauthenticated callers share the name `anonymous`. */
  readonly agent: string;
  /** The verified user on whose behalf the agent acts; absent when none is known. */
  readonly user?: string;
  /** The session that `scope: "session"` counts; absent in the stateless era. */
  readonly session?: string;
  /** The source of the agent's name: `jwt`, `api_key`, or `none` for a caller without a proof. */
  readonly source?: string;
  /** The issuer of the token; absent for other proofs. */
  readonly issuer?: string;
  /** The caller's IP address; absent on stdio. */
  readonly address?: string;
  /** The groups that the proof names: a list of texts, or of another type where the issuer wrote one. */
  readonly groups?: Json;
  readonly scopes?: Json;
  /** All claims of the token. */
  readonly claims?: JsonObject;
}
