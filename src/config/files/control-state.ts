/** The state files of freezes and of approvals: their content survives a restart. */

import * as z from "zod";
import { openStateFile, type OpenedState } from "./state-file.ts";

const time = z.number().int().min(0);
const text = z.string();

const FREEZE = z.object({
  agent: text.exactOptional(),
  tool: text.exactOptional(),
  reason: text.exactOptional(),
  by: text,
  isProven: z.literal(true).exactOptional(),
  sinceMs: time,
  untilMs: time.exactOptional(),
});

const FREEZES = z
  .array(z.strictObject({ ...FREEZE.shape, isShared: z.literal(true).exactOptional() }))
  .readonly();

const DECISION = z.strictObject({
  by: text,
  isProven: z.literal(true).exactOptional(),
  reason: text.exactOptional(),
  atMs: time,
});

const APPROVAL = z.strictObject({
  id: text.min(1),
  agent: text,
  user: text.exactOptional(),
  claimedClient: text.exactOptional(),
  source: text.exactOptional(),
  tool: text,
  policyDigest: text,
  rule: text,
  state: z.enum(["requested", "approved", "rejected"]),
  args: z.strictObject({ bytes: z.number(), keys: z.array(text).readonly() }),
  requestedAtMs: time,
  expiresAtMs: time,
  calls: z.number().int(),
  call: text.exactOptional(),
  given: z.array(DECISION).readonly().exactOptional(),
  decided: DECISION.exactOptional(),
});

/** An approval of the shared store, which also holds the values of a call that waits. */
const SHARED_APPROVAL = z.strictObject({
  ...APPROVAL.shape,
  values: z
    .strictObject({
      values: z.array(z.strictObject({ path: text, text, length: time.exactOptional() })).readonly(),
      more: time,
    })
    .exactOptional(),
});

// Security: `binding` is a digest, so that no argument value is stored.
const APPROVALS = z.array(z.strictObject({ binding: text.min(1), approval: APPROVAL })).readonly();

export function openFreezeState(path: string): OpenedState<z.infer<typeof FREEZES>> {
  return openStateFile(path, FREEZES);
}

/** A freeze from the shared store; undefined when the value is not one. Unknown members, as of another version, are ignored. */
export function readFreeze(value: unknown): z.infer<typeof FREEZE> | undefined {
  return FREEZE.safeParse(value).data;
}

/** An approval from the shared store; undefined when the value is not one. Security: an unknown member makes it invalid. */
export function readApproval(value: unknown): z.infer<typeof SHARED_APPROVAL> | undefined {
  return SHARED_APPROVAL.safeParse(value).data;
}

export function openApprovalState(path: string): OpenedState<z.infer<typeof APPROVALS>> {
  return openStateFile(path, APPROVALS);
}
