/** Settings of bearer tokens: the issuer of JWTs, the ServiceAccounts of a cluster, and when their keys are fetched. */

import * as z from "zod";
import { trustedAddress, trustedUrl } from "../address-shapes.ts";

/** Signatures with a public key; never `none`, never a shared secret. */
export const TOKEN_ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
] as const;
export type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number];

/** When public keys are fetched, in milliseconds. */
export interface KeyTimes {
  readonly refreshMs: number;
  /** How long keys are used when they cannot be fetched again. */
  readonly staleMs: number;
  /** Least time between two fetches for tokens with an unknown key. */
  readonly coolDownMs: number;
}

export interface JwtSettings extends KeyTimes {
  /** As written in the settings; `iss` must equal it. */
  readonly issuer: string;
  /** Absent: from the issuer's metadata. */
  readonly jwks?: URL;
  /** One of them must be in `aud`. */
  readonly audience: readonly string[];
  readonly algorithms: readonly TokenAlgorithm[];
  /** Names down to the claim that names the agent; absent: `azp`, `client_id`, `appid`, `act.sub`, then `sub`. */
  readonly agentClaim?: readonly string[];
  /** Names down to the claim that names the user; absent: `sub`, where that is not the client itself. */
  readonly userClaim?: readonly string[];
  readonly clockToleranceMs: number;
}

export interface ServiceAccountSettings extends KeyTimes {
  readonly audience: string;
  /** Absent only with `tokenReview`. */
  readonly issuer?: string;
  readonly jwks?: URL;
  readonly jwksFile?: string;
  /** The API server that reviews each token. */
  readonly tokenReview?: URL;
  readonly caFile?: string;
  /** Tollgate's own token for the API server; read again for each request, since it is rotated. */
  readonly tokenFile?: string;
}

const text = z.string().min(1);
const milliseconds = (min: number, max: number) => z.number().int().min(min).max(max);
/** One text, or a list of them. */
const texts = (max: number) =>
  z.union(
    [text.transform((one) => [one]), z.array(text).min(1).max(max)],
    "must be a string, or a list of strings",
  );

/** Claims that are lists of texts (RFC 8176, RFC 9068, Microsoft Entra ID, AWS Cognito), and none of them is a name. */
const LIST_CLAIMS = ["amr", "entitlements", "groups", "roles", "wids", "cognito:groups"];

const nameClaim = texts(8).refine((path) => !LIST_CLAIMS.includes(path.at(-1) ?? ""), {
  error: ({ input }) =>
    `must be a claim with one text, such as sub or email; ${[input].flat().at(-1)} is a list`,
});

const KEY_TIMES = {
  "refresh-ms": milliseconds(10, 86_400_000).default(300_000),
  "stale-ms": milliseconds(10, 7 * 86_400_000).default(3_600_000),
  "cool-down-ms": milliseconds(10, 3_600_000).default(30_000),
};

function keyTimes(raw: { readonly [Key in keyof typeof KEY_TIMES]: number }): KeyTimes {
  return { refreshMs: raw["refresh-ms"], staleMs: raw["stale-ms"], coolDownMs: raw["cool-down-ms"] };
}

/** `audience` is absent where `identity.resource` is to stand for it. */
export type JwtShape = Omit<JwtSettings, "audience"> & Partial<Pick<JwtSettings, "audience">>;

export const JWT_SHAPE = z
  .strictObject({
    issuer: trustedAddress.refine((value) => !value.includes("?"), "must have no query"),
    jwks: trustedUrl.optional(),
    audience: texts(Infinity).optional(),
    algorithms: z
      .array(z.enum(TOKEN_ALGORITHMS))
      .min(1)
      .default([...TOKEN_ALGORITHMS]),
    "agent-claim": nameClaim.optional(),
    "user-claim": nameClaim.optional(),
    "clock-tolerance-ms": milliseconds(0, 300_000).default(30_000),
    ...KEY_TIMES,
  })
  .transform(({ issuer, jwks, audience, algorithms, ...raw }): JwtShape => ({
    ...keyTimes(raw),
    issuer,
    algorithms,
    clockToleranceMs: raw["clock-tolerance-ms"],
    ...(jwks && { jwks }),
    ...(audience && { audience }),
    ...(raw["agent-claim"] && { agentClaim: raw["agent-claim"] }),
    ...(raw["user-claim"] && { userClaim: raw["user-claim"] }),
  }));

export const SERVICE_ACCOUNTS_SHAPE = z
  .strictObject({
    audience: text,
    issuer: text.exactOptional(),
    jwks: trustedUrl.exactOptional(),
    "jwks-file": text.optional(),
    "token-review": trustedUrl.optional(),
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
      ...(issuer !== undefined && { issuer }),
      ...(jwks && { jwks }),
      ...(jwksFile !== undefined && { jwksFile }),
      ...(tokenReview && { tokenReview }),
      ...(caFile !== undefined && { caFile }),
      ...(tokenFile !== undefined && { tokenFile }),
    };
  });
