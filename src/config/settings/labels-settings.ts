/** Settings of labels: when a guess counts in metrics, and whether Tollgate lists the server's tools itself. */

import * as z from "zod";
import { MIN_LABEL_CONFIDENCE } from "../../policy/category/confidence.ts";

export interface LabelSettings {
  /** Below this confidence a category is `unknown` in metrics and alerts. */
  readonly minConfidence: number;
  /** Whether Tollgate asks the server for its tools itself. */
  readonly hasOwnList: boolean;
  /** Receives the policy entries of corrected labels; absent: they are only shown. */
  readonly correctionsFile?: string;
}

export const LABELS_SHAPE = z
  .strictObject({
    "min-confidence": z.number().min(0).max(1).default(MIN_LABEL_CONFIDENCE),
    "own-list": z.boolean().default(true),
    "corrections-file": z.string().min(1).optional(),
  })
  .transform((raw): LabelSettings => {
    const file = raw["corrections-file"];
    return {
      minConfidence: raw["min-confidence"],
      hasOwnList: raw["own-list"],
      ...(file !== undefined && { correctionsFile: file }),
    };
  })
  .prefault({});
