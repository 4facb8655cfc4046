/** The operation of task owners for a store in memory: that of `redis-task-owners.ts`, with the same reply. */

import type { MemoryOperation } from "../../enforcement/store/memory-store.ts";

class TaskOwner {
  digest: string | null = null;
}

export const taskOwnerInMemory: MemoryOperation = (
  values,
  { keys: [key = ""], args: [claimed = "", life] },
) => {
  if (claimed === "" && values.find(key, TaskOwner) === undefined) return null;
  const owner = values.use(key, TaskOwner);
  if (claimed !== "") owner.digest ??= claimed;
  values.expire(key, Number(life));
  return owner.digest;
};
