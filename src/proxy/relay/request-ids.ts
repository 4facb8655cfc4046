/** Names for requests: unique over restarts and replicas, in order within one process. */

import { randomUUID } from "node:crypto";

export function createRequestIds(): () => string {
  const prefix = randomUUID().slice(0, 8);
  let count = 0;
  return () => `${prefix}-${(count += 1).toString(36)}`;
}
