/** The policies of a worker, which the supervising process reads, checks and sends. */

import type { PolicySet } from "../config/files/policy-set.ts";
import type { WatchedFile, WatchEvents } from "../config/files/watched-file.ts";

export interface PushedPolicies extends WatchedFile<PolicySet> {
  /** @throws Error when the bytes are no valid policies: the process must then end, since the others use them. */
  readonly accept: (files: readonly string[]) => void;
}

/** `files`: the bytes of each file in base64. `parse` throws for bytes that are no valid policies. */
export function pushedPolicies(
  files: readonly string[],
  parse: (bytes: readonly Buffer[]) => PolicySet,
): PushedPolicies {
  const read = (encoded: readonly string[]): PolicySet =>
    parse(encoded.map((text) => Buffer.from(text, "base64")));
  let current = read(files);
  let events: WatchEvents<PolicySet> = {};
  return {
    current: () => current,
    problems: () => [],
    poll: () => undefined,
    start: (given = {}) => {
      events = given;
      return () => (events = {});
    },
    accept: (encoded) => {
      current = read(encoded);
      events.onChanged?.(current);
    },
  };
}
