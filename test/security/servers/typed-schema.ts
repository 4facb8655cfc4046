/** The schema of `typed` for zod, which converts as loosely as servers do. */

import { z } from "zod";

const Flag = z.union([z.boolean(), z.stringbool(), z.number().transform((value) => value !== 0)]);

export const TYPED = z.object({
  force: Flag.default(false),
  uid: z.coerce.number().default(1),
  nums: z
    .preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(z.coerce.number()))
    .default([]),
  detail: z
    .preprocess(
      (value) => (Array.isArray(value) ? { amount: value[0] } : value),
      z.object({ amount: z.coerce.number() }),
    )
    .default({ amount: 0 }),
  mode: z
    .preprocess((value) => (value instanceof Object ? Object.keys(value)[0] : value), z.coerce.string())
    .default("test"),
});
