/** Settings of Kubernetes ServiceAccount tokens: their audience, and the keys or the API server that check them. */

import * as z from "zod";
import { trustedUrl } from "../address-shapes.ts";
import { KEY_TIMES, keyTimes, type KeyTimes } from "./key-times.ts";

export interface ServiceAccountSettings extends KeyTimes {
  readonly audience: string;
  /** Absent only with `tokenReview`. */
  readonly issuer?: string;
  readonly jwks?: URL;
  readonly jwksFile?: string;
  /** The API server that reviews each token. */
  readonly tokenReview?: URL;
  /** How long an accepted token stays good while the API server reviews none. */
  readonly reviewGraceMs: number;
  readonly caFile?: string;
  /** Tollgate's own token for the API server; read again for each request, since it is rotated. */
  readonly tokenFile?: string;
}

const text = z.string().min(1);

export const SERVICE_ACCOUNTS_SHAPE = z
  .strictObject({
    audience: text,
    issuer: text.exactOptional(),
    jwks: trustedUrl.exactOptional(),
    "jwks-file": text.optional(),
    "token-review": trustedUrl.optional(),
    "review-grace-ms": z.number().int().min(0).max(3_600_000).default(300_000),
    "ca-file": text.optional(),
    "token-file": text.optional(),
    ...KEY_TIMES,
  })
  .superRefine((given, context) => {
    const ways = [given.jwks, given["jwks-file"], given["token-review"]].filter((way) => way !== undefined);
    if (ways.length !== 1)
      context.addIssue({ code: "custom", message: "must have one of jwks, jwks-file and token-review" });
    if ((given.jwks ?? given["jwks-file"]) !== undefined && given.issuer === undefined)
      context.addIssue({ code: "custom", message: "must name the issuer when tokens are checked by jwks" });
  })
  .transform((raw): ServiceAccountSettings => {
    const { audience, issuer, jwks } = raw;
    const [jwksFile, tokenReview] = [raw["jwks-file"], raw["token-review"]];
    const [caFile, tokenFile] = [raw["ca-file"], raw["token-file"]];
    return {
      ...keyTimes(raw),
      audience,
      reviewGraceMs: raw["review-grace-ms"],
      ...(issuer !== undefined && { issuer }),
      ...(jwks && { jwks }),
      ...(jwksFile !== undefined && { jwksFile }),
      ...(tokenReview && { tokenReview }),
      ...(caFile !== undefined && { caFile }),
      ...(tokenFile !== undefined && { tokenFile }),
    };
  });
