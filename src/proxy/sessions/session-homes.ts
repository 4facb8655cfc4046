/** Session ids that also name the replica that has the session, so that each other replica can carry its requests there. */

import { createHmac } from "node:crypto";
import type { SessionIds } from "./session-ids.ts";

/** Names of one replica: one for each key, since an id that an older key made may still be in use. */
export type HomeNames = readonly [string, ...string[]];

const NAME_BYTES = 12;
const MARK = "~";
const NAMED = /^(.+)~[\w-]{16}$/s;
/** A name between the server's id and the proof. */
const SEALED = /~([\w-]{16})\.[\w-]{32}$/;

// Security: keyed, so that a client learns no address of a pod.
/** The name of a replica that is reached at this address. */
export function homeName(key: string, endpoint: string, address: string): string {
  const text = JSON.stringify(["tollgate replica", endpoint, address]);
  return createHmac("sha256", key).update(text).digest().subarray(0, NAME_BYTES).toString("base64url");
}

/** Ids of the form `ID~HOME.PROOF`; the proof covers the name. */
export function homedSessionIds(ids: SessionIds, names: () => HomeNames): SessionIds {
  return {
    seal: (id, owner) => ids.seal(`${id}${MARK}${names()[0]}`, owner),
    open: (sealed, owner) => withoutHome(ids.open(sealed, owner)),
    unproven: (sealed) => withoutHome(ids.unproven(sealed)) ?? sealed,
  };
}

/** Ids that are good for every caller, where no credential names the callers. */
export function ownerlessSessionIds(ids: SessionIds): SessionIds {
  return { ...ids, seal: (id) => ids.seal(id, ""), open: (sealed) => ids.open(sealed, "") };
}

/** The name in a client's id, by form alone: the replica of that name checks the proof. */
export function homeIn(sealed: string): string | undefined {
  return SEALED.exec(sealed)?.[1];
}

/** An id from before the names has none. */
function withoutHome(id: string | undefined): string | undefined {
  return id === undefined ? undefined : (NAMED.exec(id)?.[1] ?? id);
}
