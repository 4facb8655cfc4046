/** Settings of labels: when a guess counts in metrics, whether Tollgate lists the server's tools itself, and where corrections go. */

import * as z from "zod";
import { MIN_LABEL_CONFIDENCE } from "../../policy/category/confidence.ts";

export interface LabelSettings {
  /** Below this confidence a category is `unknown` in metrics and alerts. */
  readonly minConfidence: number;
  /** Whether Tollgate asks the server for its tools itself. */
  readonly hasOwnList: boolean;
  /** A file to which the console adds corrected categories, as a policy; absent: it only prints them. */
  readonly file?: string;
}

export const LABELS_SHAPE = z
  .strictObject({
    "min-confidence": z.number().min(0).max(1).default(MIN_LABEL_CONFIDENCE),
    "own-list": z.boolean().default(true),
    file: z.string().min(1).optional(),
  })
  .transform((raw): LabelSettings => ({
    minConfidence: raw["min-confidence"],
    hasOwnList: raw["own-list"],
    ...(raw.file !== undefined && { file: raw.file }),
  }))
  .prefault({});
