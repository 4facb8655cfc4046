/** Presets of issuers: the claims and algorithms of the access tokens that each vendor documents. */

import type { TokenAlgorithm } from "./token-algorithms.ts";

/** Stands for the id of a tenant in the issuer of Microsoft Entra ID. */
export const TENANT = "{tenantid}";

export type ClaimValue = string | number | boolean;

export interface IssuerPreset {
  /** Absent: every customer of the vendor has another. */
  readonly issuer?: string;
  /** An issuer as a customer would write it, for the text of a problem. */
  readonly example: string;
  readonly agentClaim: readonly string[];
  /** Absent: `sub`, where that is not the client itself. */
  readonly userClaim?: readonly string[];
  readonly audienceClaim?: string;
  readonly algorithms?: readonly TokenAlgorithm[];
  /** Claims that must have this value. */
  readonly requiredClaims?: Readonly<Record<string, readonly ClaimValue[]>>;
  /** Whether the tokens of the vendor are ID tokens. */
  readonly acceptsIdTokens?: boolean;
  /** A claim that names whose tokens are meant, where everyone can have a token of the issuer for any audience. */
  readonly owner?: string;
}

const RS256 = { algorithms: ["RS256"] } as const;

export const ISSUER_PRESETS = {
  /** https://www.keycloak.org/docs/latest/securing_apps: `azp` is the client. */
  keycloak: { example: "https://login.example.com/realms/main", agentClaim: ["azp"] },
  /** https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference: v1 tokens have `appid`. */
  "entra-v1": {
    ...RS256,
    issuer: `https://sts.windows.net/${TENANT}/`,
    example: `https://sts.windows.net/${TENANT}/`,
    agentClaim: ["appid"],
    requiredClaims: { ver: ["1.0"] },
  },
  /** The same page: v2 tokens have `azp`. */
  "entra-v2": {
    ...RS256,
    issuer: `https://login.microsoftonline.com/${TENANT}/v2.0`,
    example: `https://login.microsoftonline.com/${TENANT}/v2.0`,
    agentClaim: ["azp"],
    requiredClaims: { ver: ["2.0"] },
  },
  /** https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview: `cid` is the client. */
  okta: { ...RS256, example: "https://example.okta.com/oauth2/default", agentClaim: ["cid"] },
  /** https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles: the issuer ends with a slash. */
  auth0: { example: "https://example.eu.auth0.com/", agentClaim: ["azp"] },
  /** https://cloud.google.com/docs/authentication/token-types: ID tokens of service accounts. */
  google: {
    ...RS256,
    issuer: "https://accounts.google.com",
    example: "https://accounts.google.com",
    agentClaim: ["azp"],
    acceptsIdTokens: true,
    owner: "email",
  },
  /** https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html: no `aud`. */
  cognito: {
    ...RS256,
    example: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_example",
    agentClaim: ["client_id"],
    audienceClaim: "client_id",
    requiredClaims: { token_use: ["access"] },
  },
  /** https://docs.github.com/actions/reference/security/oidc: `sub` differs by branch and environment, the repository does not. */
  "github-actions": {
    ...RS256,
    issuer: "https://token.actions.githubusercontent.com",
    example: "https://token.actions.githubusercontent.com",
    agentClaim: ["repository"],
    acceptsIdTokens: true,
    owner: "repository_owner",
  },
} as const satisfies Record<string, IssuerPreset>;

export type PresetName = keyof typeof ISSUER_PRESETS;

export const PRESET_NAMES = Object.keys(ISSUER_PRESETS).filter((name): name is PresetName =>
  Object.hasOwn(ISSUER_PRESETS, name),
);

export function issuerPreset(name: PresetName): IssuerPreset {
  return ISSUER_PRESETS[name];
}
