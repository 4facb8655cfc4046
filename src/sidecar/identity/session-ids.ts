/** Chooses the form of session ids: with a proof of their owner wherever a source of identity is configured, and with the name of their replica. */

import { randomBytes } from "node:crypto";
import type { Address } from "../../config/settings/address-shapes.ts";
import { openSessionKeyFile, type SessionKeys } from "../../config/files/session-key-file.ts";
import {
  type HomeNames,
  homedSessionIds,
  homeName,
  ownerlessSessionIds,
} from "../../proxy/sessions/session-homes.ts";
import { PLAIN_SESSION_IDS, sealedSessionIds, type SessionIds } from "../../proxy/sessions/session-ids.ts";
import { type IdentityBuilder, refreshableFile } from "./refreshable.ts";

const KEY_BYTES = 32;

export interface OpenedSessionIds {
  readonly sessionIds: SessionIds;
  /** The names of this replica in session ids; absent: they name none. */
  readonly homeNames?: () => HomeNames;
}

/** `hasSources`: whether a credential names the callers. */
export function openSessionIds(builder: IdentityBuilder, hasSources: boolean): OpenedSessionIds {
  const { identity, replicaAddress } = builder.settings;
  const { resource: endpoint = "", sessionKeyFile } = identity;
  const isHomed = replicaAddress !== undefined;
  if (sessionKeyFile !== undefined && !hasSources && !isHomed && builder.problems.length === 0)
    builder.problems.push(NO_SOURCE);
  const keys =
    sessionKeyFile === undefined ? keysOfProcess(builder.sessionKey) : keysOfFile(builder, sessionKeyFile);
  if (!hasSources && !isHomed) return { sessionIds: PLAIN_SESSION_IDS };
  const sealed = sealedSessionIds({ keys, endpoint });
  if (!isHomed) return { sessionIds: sealed };
  const address = addressText(replicaAddress);
  const homeNames = (): HomeNames => {
    const [first, ...others] = keys();
    return [homeName(first, endpoint, address), ...others.map((key) => homeName(key, endpoint, address))];
  };
  const homed = homedSessionIds(sealed, homeNames);
  return { sessionIds: hasSources ? homed : ownerlessSessionIds(homed), homeNames };
}

/** `HOST:PORT`, IPv6 in brackets. */
export function addressText({ host, port }: Address): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

const NO_SOURCE =
  "identity.session-key-file: binds sessions to agents, and needs a source of identity: configure jwt, service-accounts, api-keys, xfcc, header or tls.client-ca";

/** Sessions end with the process, for a client that comes back finds its id unproven. */
function keysOfProcess(key = createSessionKey()): () => SessionKeys {
  const keys: SessionKeys = [key];
  return () => keys;
}

export function createSessionKey(): string {
  return randomBytes(KEY_BYTES).toString("base64");
}

function keysOfFile(builder: IdentityBuilder, path: string): () => SessionKeys {
  const opened = openSessionKeyFile(path);
  if (!opened.ok) {
    builder.problems.push(...opened.problems);
    return keysOfProcess();
  }
  builder.refreshables.push(refreshableFile(opened.file, "session keys"));
  return opened.file.current;
}
