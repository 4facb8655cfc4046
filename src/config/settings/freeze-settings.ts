/** Settings of the kill switch: the files that freezes come from, or are kept in. */

import * as z from "zod";

export interface FreezeSettings {
  /** A file of the operator's, which is followed. */
  readonly file?: string;
  /** A file of ours, for what is frozen by hand; absent: it ends with this process. */
  readonly state?: string;
}

const path = z.string().min(1);

export const FREEZE_SHAPE = z.strictObject({ file: path.optional(), state: path.optional() }).prefault({});

export function freezeSettings({ file, state }: z.infer<typeof FREEZE_SHAPE>): FreezeSettings {
  return { ...(file !== undefined && { file }), ...(state !== undefined && { state }) };
}
