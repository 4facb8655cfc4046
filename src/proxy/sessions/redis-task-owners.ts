/** Keeps the owners of tasks in the store that sidecars share, so that a restart and a replica know them. */

import { setTimeout as pause } from "node:timers/promises";
import { type SharedStore, StoreError, type StoreFault, storeKey } from "../../enforcement/store/store.ts";
import type { SharedTaskOwners, TaskUse } from "./task-owners.ts";

export interface RedisTaskOwnersOptions {
  readonly store: SharedStore;
  /** The time limit of the store, in ms: an entry that another process sends arrives within it, or not at all. */
  readonly timeoutMs: number;
  /** Called for each request that the store did not answer. */
  readonly onFailed: (fault: StoreFault) => void;
}

const DAY_MS = 86_400_000;
/** Lifetime of an entry, renewed when a process asks for it. */
const KEY_MS = 7 * DAY_MS;

/** KEYS: the task. ARGV: the digest of its owner, or an empty text to ask; the lifetime. Reply: the digest of the owner, or nil. */
const SCRIPT = `
if ARGV[1] ~= '' then redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])
else redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return redis.call('GET', KEYS[1])
`;

export function redisTaskOwners({ store, timeoutMs, onFailed }: RedisTaskOwnersOptions): SharedTaskOwners {
  const script = store.script("task-owner", SCRIPT);
  const { scheme } = store;
  const run = async (taskId: string, claimed: string): Promise<unknown> => {
    const keys = [storeKey(scheme, `task:${scheme.digest(taskId)}`)];
    return store.run(script, { keys, args: [claimed, String(KEY_MS)] });
  };
  const use = async (owner: string, read: (digest: string) => Promise<unknown>): Promise<TaskUse> => {
    const digest = scheme.digest(owner);
    try {
      return (await read(digest)) === digest ? "own" : "foreign";
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      onFailed(error.fault);
      return "unavailable";
    }
  };
  return {
    claim: (taskId, owner) => use(owner, (digest) => run(taskId, digest)),
    ask: (taskId, owner) =>
      use(owner, async () => {
        const known = await run(taskId, "");
        if (known !== null) return known;
        // The client may have the task's id from another process before the store has its owner.
        await pause(timeoutMs, undefined, { ref: false });
        return run(taskId, "");
      }),
  };
}
