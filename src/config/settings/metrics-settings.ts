/** Settings of metrics: the bounds of histograms, and native ones. */

import * as z from "zod";

/** Upper bounds of buckets, ascending; absent: those of the metric table. */
export interface BucketSettings {
  readonly operationSeconds?: readonly number[];
  readonly overheadSeconds?: readonly number[];
  readonly messageBytes?: readonly number[];
}

export interface MetricsSettings {
  readonly buckets: BucketSettings;
  /** Whether native buckets are kept, for a scrape that asks for protocol buffers. */
  readonly hasNativeHistograms: boolean;
}

/** Every bucket is a series for each tool and method, so their number is bounded. */
const bounds = z
  .array(z.number().positive())
  .min(1)
  .max(40)
  .refine(
    (numbers) => numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0)),
    "must be in ascending order",
  );

export const METRICS_SHAPE = z
  .strictObject({
    buckets: z
      .strictObject({
        "operation-seconds": bounds.exactOptional(),
        "overhead-seconds": bounds.exactOptional(),
        "message-bytes": bounds.exactOptional(),
      })
      .prefault({}),
    "native-histograms": z.boolean().default(false),
  })
  .transform(({ buckets, "native-histograms": hasNativeHistograms }): MetricsSettings => ({
    hasNativeHistograms,
    buckets: {
      ...(buckets["operation-seconds"] && { operationSeconds: buckets["operation-seconds"] }),
      ...(buckets["overhead-seconds"] && { overheadSeconds: buckets["overhead-seconds"] }),
      ...(buckets["message-bytes"] && { messageBytes: buckets["message-bytes"] }),
    },
  }))
  .prefault({});
