/** Chooses the form of session ids: with a proof of their owner wherever a source of identity is configured. */

import { randomBytes } from "node:crypto";
import { openSessionKeyFile, type SessionKeys } from "../../config/files/session-key-file.ts";
import { PLAIN_SESSION_IDS, sealedSessionIds, type SessionIds } from "../../proxy/sessions/session-ids.ts";
import { type IdentityBuilder, refreshableFile } from "./refreshable.ts";

const KEY_BYTES = 32;

/** `hasSources`: whether a credential names the callers. */
export function openSessionIds(builder: IdentityBuilder, hasSources: boolean): SessionIds {
  const { resource = "", sessionKeyFile } = builder.settings.identity;
  if (sessionKeyFile !== undefined && !hasSources && builder.problems.length === 0)
    builder.problems.push(NO_SOURCE);
  const keys = sessionKeyFile === undefined ? keysOfProcess() : keysOfFile(builder, sessionKeyFile);
  return hasSources ? sealedSessionIds({ keys, endpoint: resource }) : PLAIN_SESSION_IDS;
}

const NO_SOURCE =
  "identity.session-key-file: binds sessions to agents, and needs a source of identity: configure jwt, service-accounts, api-keys, xfcc, header or tls.client-ca";

/** Sessions end with the process, for a client that comes back finds its id unproven. */
function keysOfProcess(): () => SessionKeys {
  const keys: SessionKeys = [randomBytes(KEY_BYTES).toString("base64")];
  return () => keys;
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
