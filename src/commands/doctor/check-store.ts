/** Checks that the store of the limits answers, and takes Tollgate's keys. */

import { RedisStore } from "../../enforcement/store/redis.ts";
import type { Settings } from "../../config/settings/settings.ts";
import { finding, type Finding } from "./findings.ts";

export async function checkStore({ limits, server }: Settings): Promise<Finding> {
  const { store: address, timeoutMs, prefix } = limits;
  if (address === undefined)
    return finding("store-memory", "limits are counted in the memory of each sidecar");
  const names = address.nodes.map(({ host, port }) => `${host}:${port}`).join(", ");
  const state: { isUp: boolean; cause: unknown } = { isUp: false, cause: undefined };
  const store = new RedisStore({
    address,
    scheme: { prefix, server, digest: String },
    timeoutMs,
    onChange: (isUp, cause) => Object.assign(state, { isUp, cause }),
  });
  try {
    await store.start();
  } finally {
    store.close();
  }
  if (state.cause === undefined) return finding("store-good", `the store at ${names} answers`);
  const reason = state.cause instanceof Error ? state.cause.message : String(state.cause);
  return finding("store-down", `the store at ${names} does not answer: ${reason}`);
}
