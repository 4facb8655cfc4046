/** Credentials of callers and operators: reads every file, and reports all problems at once. */

import type { Server } from "node:http";
import { readAdminToken } from "../../config/files/read-admin-token.ts";
import type { AdminTokenSource } from "../../config/settings/admin/admin-token.ts";
import type { HttpSettings, Settings } from "../../config/settings/settings.ts";
import type { Clock } from "../../enforcement/clock.ts";
import { type BuiltIdentity, buildIdentity } from "./identity.ts";
import { BAD_USAGE, StartError } from "../start-error.ts";
import type { Log } from "../../telemetry/logging/log.ts";
import { openOperators, type Operators } from "./operators.ts";
import { type ListenerTls, openTls } from "./tls.ts";

export interface Credentials {
  readonly identity: BuiltIdentity;
  readonly tls: ListenerTls;
  readonly admin: AdminCredentials;
}

/** The credentials of the admin listener. */
export interface AdminCredentials {
  /** Undefined when none is set. */
  readonly token: string | undefined;
  readonly readToken: string | undefined;
  /** Undefined where no source proves who an operator is. */
  readonly operators: Operators | undefined;
  readonly tls: ListenerTls;
  /** Starts following the files of certificates and of operators' tokens; returns the function that stops it. */
  readonly start: (admin: Server, log: Log) => () => void;
}

/** @throws StartError with the problems of all files. */
export function loadCredentials(settings: HttpSettings, clock: Clock): Credentials {
  const identity = buildIdentity(settings, clock);
  const tls = openTls(settings.tls);
  const { problems, ...admin } = openAdmin(settings);
  throwProblems([...identity.problems, ...tls.problems, ...problems]);
  return { identity, tls, admin };
}

/** The credentials of the listener for clients. */
export type ListenerCredentials = Pick<Credentials, "identity" | "tls">;

/** For a worker, whose sidecar has its admin listener elsewhere. @throws StartError */
export function loadListenerCredentials(
  settings: HttpSettings,
  clock: Clock,
  sessionKey: string,
): ListenerCredentials {
  const identity = buildIdentity(settings, clock, sessionKey);
  const tls = openTls(settings.tls);
  throwProblems([...identity.problems, ...tls.problems]);
  return { identity, tls };
}

/** For a sidecar over stdio, whose client needs no credential. @throws StartError */
export function loadAdminCredentials(settings: Settings): AdminCredentials {
  const { problems, ...admin } = openAdmin(settings);
  throwProblems(problems);
  return admin;
}

function openAdmin(settings: Settings): AdminCredentials & { readonly problems: readonly string[] } {
  const token = readToken(settings.adminToken);
  const reading = readToken(settings.admin.readToken);
  const tls = openTls(settings.admin.tls);
  const people = openOperators(settings.admin.operators);
  const isSame = token.value !== undefined && token.value === reading.value;
  const problems = [
    ...token.problems,
    ...reading.problems,
    ...tls.problems,
    ...people.problems,
    ...(isSame ? ["admin.read-token-file: must not hold the admin token, which also controls"] : []),
  ];
  const start = (admin: Server, log: Log): (() => void) => {
    const stops = [tls.start(admin, log), people.start(log)];
    return () => stops.forEach((stop) => stop());
  };
  return { token: token.value, readToken: reading.value, operators: people.operators, tls, start, problems };
}

function throwProblems(problems: readonly string[]): void {
  if (problems.length > 0) throw new StartError(problems, BAD_USAGE);
}

function readToken(source: AdminTokenSource | undefined): {
  readonly problems: readonly string[];
  readonly value: string | undefined;
} {
  const token = source && readAdminToken(source);
  if (token?.ok === false) return { problems: [token.problem], value: undefined };
  return { problems: [], value: token?.token };
}
