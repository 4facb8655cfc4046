/** What tells callers and operators from others; every file of it is read, and all problems are said at once. */

import { readAdminToken } from "../../config/files/read-admin-token.ts";
import type { HttpSettings, Settings } from "../../config/settings/settings.ts";
import type { Clock } from "../../enforcement/clock.ts";
import { type BuiltIdentity, buildIdentity } from "./identity.ts";
import { BAD_USAGE, StartError } from "../start-error.ts";
import { type DownstreamTls, openTls } from "./tls.ts";

export interface Credentials {
  readonly identity: BuiltIdentity;
  readonly tls: DownstreamTls;
  readonly adminToken: string | undefined;
}

/** @throws StartError */
export function loadCredentials(settings: HttpSettings, clock: Clock): Credentials {
  const identity = buildIdentity(settings, clock);
  const tls = openTls(settings.tls);
  const token = tokenIn(settings);
  const problems = [...identity.problems, ...tls.problems, ...token.problems];
  if (problems.length > 0) throw new StartError(problems, BAD_USAGE);
  return { identity, tls, adminToken: token.value };
}

/** Of a sidecar whose callers need no proof. @throws StartError */
export function adminTokenOf(settings: Settings): string | undefined {
  const { problems, value } = tokenIn(settings);
  if (problems.length > 0) throw new StartError(problems, BAD_USAGE);
  return value;
}

function tokenIn({ adminToken }: Settings): { problems: readonly string[]; value: string | undefined } {
  const token = adminToken && readAdminToken(adminToken);
  if (token?.ok === false) return { problems: [token.problem], value: undefined };
  return { problems: [], value: token?.token };
}
