/** Credentials of callers and operators: reads every file, and reports all problems at once. */

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

/** @throws StartError with the problems of all files. */
export function loadCredentials(settings: HttpSettings, clock: Clock): Credentials {
  const identity = buildIdentity(settings, clock);
  const tls = openTls(settings.tls);
  const token = readToken(settings);
  const problems = [...identity.problems, ...tls.problems, ...token.problems];
  if (problems.length > 0) throw new StartError(problems, BAD_USAGE);
  return { identity, tls, adminToken: token.value };
}

/** For a sidecar over stdio, whose client needs no credential. Undefined when none is set. @throws StartError */
export function adminTokenOf(settings: Settings): string | undefined {
  const { problems, value } = readToken(settings);
  if (problems.length > 0) throw new StartError(problems, BAD_USAGE);
  return value;
}

function readToken({ adminToken }: Settings): { problems: readonly string[]; value: string | undefined } {
  const token = adminToken && readAdminToken(adminToken);
  if (token?.ok === false) return { problems: [token.problem], value: undefined };
  return { problems: [], value: token?.token };
}
