/** Settings of one issuer of JWT access tokens: its claims, its algorithms, and where its keys come from. */

import * as z from "zod";
import { nameFault } from "../../../policy/agent-name.ts";
import { trustedAddress, trustedUrl } from "../address-shapes.ts";
import { type ClaimValue, issuerPreset, PRESET_NAMES, TENANT } from "./issuer-presets.ts";
import {
  accessProblems,
  KEY_SERVER_FIELDS,
  type KeyServerAccess,
  keyServerAccess,
} from "./key-server-settings.ts";
import { TOKEN_ALGORITHMS, type TokenAlgorithm } from "./token-algorithms.ts";
import { KEY_TIMES, keyTimes, type KeyTimes } from "./key-times.ts";

export interface JwtSettings extends KeyTimes {
  /** As written in the settings; `iss` must equal it. */
  readonly issuer: string;
  /** Written before each name of an agent; empty: the names stay as the tokens give them. */
  readonly prefix: string;
  /** Absent: from a file, or from the issuer's metadata. */
  readonly jwks?: URL;
  readonly jwksFile?: string;
  readonly access: KeyServerAccess;
  /** The endpoint that is asked about opaque tokens, and about every token when there is neither `jwks` nor `jwksFile`. */
  readonly introspection?: URL;
  /** One of them must be in the claim of the audience. */
  readonly audience: readonly string[];
  readonly audienceClaim: string;
  readonly algorithms: readonly TokenAlgorithm[];
  /** Names down to the claim that names the agent; absent: `azp`, `client_id`, `appid`, `act.sub`, then `sub`. */
  readonly agentClaim?: readonly string[];
  /** Names down to the claim that names the user; absent: `sub`, where that is not the client itself. */
  readonly userClaim?: readonly string[];
  /** Names down to the claim of the groups; absent: `groups`, then `cognito:groups`. */
  readonly groupsClaim?: readonly string[];
  /** Claims that must be there, with one of these values, or hold one in a list. */
  readonly requiredClaims: Readonly<Record<string, readonly ClaimValue[]>>;
  /** Whether ID tokens count as access tokens. */
  readonly acceptsIdTokens: boolean;
  readonly clockToleranceMs: number;
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

/** One issuer as the settings give it: what the whole list decides is still open. */
export interface JwtShape extends Omit<JwtSettings, "audience" | "prefix"> {
  /** Absent: `identity.resource` stands for it. */
  readonly audience?: readonly string[];
  /** Absent: empty for an issuer that stands alone, else its address. */
  readonly prefix?: string;
  /** The tenants that stand in the place of `{tenantid}`. */
  readonly tenants: readonly string[];
}

const claimValue = z.union(
  [z.string().min(1), z.number(), z.boolean()],
  "must be a string, a number or true or false, or a list of them",
);
const claimValues = z.union(
  [claimValue.transform((one) => [one]), z.array(claimValue).min(1).max(100)],
  "must be a string, a number or true or false, or a list of them",
);

/** Names of agents that begin so have a source of their own. */
const OWNED_BEGINNINGS = ["system:serviceaccount:", "spiffe://"];

/** The prefix of the names of a source. */
export const namePrefix = z
  .string()
  .regex(/^[\w.@:/|#+~{}-]{0,100}$/, "must be at most 100 letters, digits or ._/@:|#+~{}-")
  .refine((text) => text === "" || nameFault(`${text}x`) === undefined, "must not be a reserved name")
  .refine((text) => !OWNED_BEGINNINGS.some((owned) => text.startsWith(owned)), {
    error: `must not begin as the names of ServiceAccounts or SPIFFE ids: ${OWNED_BEGINNINGS.join(" or ")}`,
  });

const tenants = texts(32).refine((ids) => ids.every((id) => /^[0-9A-Za-z.-]{1,64}$/.test(id)), {
  error: "must be ids of tenants, such as 11111111-2222-3333-4444-555555555555",
});

const ISSUER = z.strictObject({
  preset: z.enum(PRESET_NAMES).optional(),
  issuer: trustedAddress.refine((value) => !value.includes("?"), "must have no query").optional(),
  tenants: tenants.optional(),
  prefix: namePrefix.exactOptional(),
  jwks: trustedUrl.exactOptional(),
  "jwks-file": text.optional(),
  introspection: trustedUrl.exactOptional(),
  audience: texts(Infinity).optional(),
  "audience-claim": text.optional(),
  algorithms: z.array(z.enum(TOKEN_ALGORITHMS)).min(1).optional(),
  "agent-claim": nameClaim.optional(),
  "user-claim": nameClaim.optional(),
  "groups-claim": texts(8).optional(),
  "required-claims": z.record(z.string().min(1), claimValues).default({}),
  "id-tokens": z.boolean().optional(),
  "clock-tolerance-ms": milliseconds(0, 300_000).default(30_000),
  ...KEY_SERVER_FIELDS,
  ...KEY_TIMES,
});
type RawIssuer = z.infer<typeof ISSUER>;

export const JWT_SHAPE = ISSUER.superRefine((raw, context) => {
  for (const [path, message] of issuerProblems(raw))
    context.addIssue({ code: "custom", path: path === "" ? [] : [path], message });
}).transform(issuerSettings);

function issuerProblems(raw: RawIssuer): readonly [path: string, message: string][] {
  const preset = raw.preset && issuerPreset(raw.preset);
  const issuer = raw.issuer ?? preset?.issuer;
  const problems: [string, string][] = accessProblems(raw).map((problem) => ["", problem]);
  if (issuer === undefined) {
    const example = preset === undefined ? "https://login.example.com" : preset.example;
    problems.push(["issuer", `is missing; it must be a string, such as ${example}`]);
  } else if (issuer.includes(TENANT) !== (raw.tenants !== undefined))
    problems.push([
      "tenants",
      `must be given exactly when the issuer has ${TENANT}; the issuer is ${issuer}`,
    ]);
  if (raw.jwks !== undefined && raw["jwks-file"] !== undefined)
    problems.push(["", "must have jwks or jwks-file, not both"]);
  if (preset?.owner !== undefined && Object.keys(raw["required-claims"]).length === 0)
    problems.push([
      "required-claims",
      `must name whose tokens are meant, such as { ${preset.owner}: NAME }: the preset ${raw.preset} issues tokens to everyone`,
    ]);
  return problems;
}

function issuerSettings(raw: RawIssuer): JwtShape {
  const preset = raw.preset && issuerPreset(raw.preset);
  const jwksFile = raw["jwks-file"];
  const agentClaim = raw["agent-claim"] ?? preset?.agentClaim;
  const userClaim = raw["user-claim"] ?? preset?.userClaim;
  return {
    ...keyTimes(raw),
    issuer: raw.issuer ?? preset?.issuer ?? "",
    tenants: raw.tenants ?? [],
    access: keyServerAccess(raw),
    algorithms: raw.algorithms ?? preset?.algorithms ?? TOKEN_ALGORITHMS,
    audienceClaim: raw["audience-claim"] ?? preset?.audienceClaim ?? "aud",
    requiredClaims: { ...preset?.requiredClaims, ...raw["required-claims"] },
    acceptsIdTokens: raw["id-tokens"] ?? preset?.acceptsIdTokens ?? false,
    clockToleranceMs: raw["clock-tolerance-ms"],
    ...(raw.prefix !== undefined && { prefix: raw.prefix }),
    ...(raw.jwks && { jwks: raw.jwks }),
    ...(raw.introspection && { introspection: raw.introspection }),
    ...(jwksFile !== undefined && { jwksFile }),
    ...(raw.audience && { audience: raw.audience }),
    ...(agentClaim && { agentClaim }),
    ...(userClaim && { userClaim }),
    ...(raw["groups-claim"] && { groupsClaim: raw["groups-claim"] }),
  };
}
