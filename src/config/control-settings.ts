/** Settings of what people control: approvals and freezes, and the files that they come from or are kept in. */

import * as z from "zod";

export interface ApprovalSettings {
  /** How long an approval waits for a person, and how long it stays usable once given. */
  readonly ttlMs: number;
  /** A file of ours, which outlives this process; absent: approvals end with it. */
  readonly state?: string;
}

export interface FreezeSettings {
  /** A file of the operator's, which is followed. */
  readonly file?: string;
  /** A file of ours, for what is frozen by hand; absent: it ends with this process. */
  readonly state?: string;
}

const path = z.string().min(1);

export const APPROVALS_SHAPE = z
  .strictObject({
    "ttl-seconds": z
      .number()
      .int()
      .min(1)
      .max(7 * 86_400)
      .default(900),
    state: path.optional(),
  })
  .prefault({});

export const FREEZE_SHAPE = z.strictObject({ file: path.optional(), state: path.optional() }).prefault({});

export function approvalsOf(raw: z.infer<typeof APPROVALS_SHAPE>): ApprovalSettings {
  const { state } = raw;
  return { ttlMs: raw["ttl-seconds"] * 1_000, ...(state !== undefined && { state }) };
}

export function freezeOf({ file, state }: z.infer<typeof FREEZE_SHAPE>): FreezeSettings {
  return { ...(file !== undefined && { file }), ...(state !== undefined && { state }) };
}
