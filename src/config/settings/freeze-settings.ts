/** Settings of the kill switch: the files that freezes are read from and kept in. */

import * as z from "zod";

export interface FreezeSettings {
  /** A file that the operator edits, and that is watched. */
  readonly file?: string;
  /** A file that keeps freezes of the control endpoints over a restart; absent: they end with the process. */
  readonly state?: string;
}

const path = z.string().min(1);

export const FREEZE_SHAPE: z.ZodType<FreezeSettings, FreezeSettings | undefined> = z
  .strictObject({ file: path.exactOptional(), state: path.exactOptional() })
  .prefault({});
