/** Builds the sources of identity that the settings name, in order of trust, with the files and keys that they use. */

import type { HeaderSettings, IdentitySettings } from "../../config/settings/identity/identity-settings.ts";
import type { HttpSettings, Settings } from "../../config/settings/settings.ts";
import type { Clock } from "../../enforcement/clock.ts";
import type { Log } from "../../telemetry/logging/log.ts";
import { apiKeySource, authenticateApiKey } from "../../identity/api-key.ts";
import { bearerSource } from "../../identity/tokens/bearer.ts";
import { type Challenge, createChallenge } from "../../identity/challenge.ts";
import {
  type AuthenticatorSources,
  createAuthenticator,
  staticAgentSource,
  type Authenticator,
} from "../../identity/authenticator.ts";
import { trustedHeaderSource } from "../../identity/hops/header.ts";
import { withUserHeader } from "../../identity/hops/user-header.ts";
import { createTrustedProxyCheck } from "../../identity/hops/trusted-proxy.ts";
import {
  type MetadataEndpoint,
  ownMetadata,
  upstreamMetadata,
} from "../../identity/protected-resource-metadata.ts";
import { mtlsSource } from "../../identity/hops/mtls.ts";
import type { CredentialSource } from "../../identity/authentication.ts";
import { CARRIED_HEADER } from "../../proxy/downstream/replicas/carry-request.ts";
import {
  certificateNames,
  type NameOwners,
  prefixedNames,
  SERVICE_ACCOUNT_PREFIX,
} from "../../identity/name-owners.ts";
import { TokenCache } from "../../identity/tokens/token-cache.ts";
import { XFCC_HEADER, xfccSource } from "../../identity/hops/xfcc.ts";
import { type OpenedApiKeys, openApiKeys } from "./api-keys.ts";
import { openSessionIds } from "./session-ids.ts";
import type { HomeNames } from "../../proxy/sessions/session-homes.ts";
import type { SessionIds } from "../../proxy/sessions/session-ids.ts";
import type { IdentityBuilder } from "./refreshable.ts";
import { buildVerifiers } from "./token-verifiers.ts";

export interface BuiltIdentity {
  readonly identity: Authenticator;
  readonly challenge: Challenge;
  /** Absent when no well-known document is served. */
  readonly metadata?: MetadataEndpoint;
  /** Headers that may carry a credential, in lower case; a request may have each of them once. */
  readonly proofHeaders: ReadonlySet<string>;
  /** Headers that are never forwarded, in lower case. */
  readonly withheldHeaders: ReadonlySet<string>;
  readonly sessionIds: SessionIds;
  /** The names of this replica in session ids; absent: they name none. */
  readonly homeNames?: () => HomeNames;
  /** Whether a credential names the callers. */
  readonly namesCallers: boolean;
  /** Agents that the settings and their files name at the start. */
  readonly agents: readonly string[];
  readonly notReadyReasons: () => readonly string[];
  /** Starts fetching keys and watching files; returns the function that stops both. */
  readonly start: (log: Log) => () => void;
}

/** Reads every file that the settings name; `problems` lists the problems of all of them. `sessionKey`: see `IdentityBuilder`. */
export function buildIdentity(
  settings: HttpSettings,
  clock: Clock,
  sessionKey?: string,
): BuiltIdentity & { readonly problems: readonly string[] } {
  const owners = nameOwners(settings);
  const builder: IdentityBuilder = {
    settings,
    clock,
    owners,
    refreshables: [],
    agents: [],
    problems: [],
    ...(sessionKey !== undefined && { sessionKey }),
  };
  const { identity } = settings;
  const { sources, keyNames, hasCredentials } = sourcesOf(builder);
  const sessions = openSessionIds(builder, hasCredentials);
  if (identity.isRequired === true && sources.all.length === 0 && builder.problems.length === 0)
    builder.problems.push(NO_SOURCE);
  const proofHeaders = proofHeadersOf(identity);
  const challenge = createChallenge({
    issuers: (identity.issuers ?? []).map(({ issuer }) => issuer),
    resource: identity.resource ?? ownAddress(settings),
  });
  const metadata = metadataOf(settings, challenge);
  return {
    identity: createAuthenticator({ sources, keyNames, isRequired: identity.isRequired === true }),
    challenge,
    ...(metadata && { metadata }),
    proofHeaders,
    withheldHeaders: withheldHeadersOf(identity, proofHeaders),
    ...sessions,
    namesCallers: hasCredentials,
    agents: builder.agents,
    notReadyReasons: () =>
      builder.refreshables.map(({ problem }) => problem()).filter((reason) => reason !== undefined),
    start: (log) => {
      const stops = builder.refreshables.map(({ start }) => start(log));
      return () => stops.forEach((stop) => stop());
    },
    problems: builder.problems,
  };
}

// Security: without a source every caller would be refused, or all of them let in by a later change.
const NO_SOURCE =
  "identity.required: needs a source of identity: configure jwt, service-accounts, api-keys, xfcc, header or tls.client-ca";

/** The names of agents that belong to one source alone. */
function nameOwners({ identity, tls }: HttpSettings): NameOwners {
  const { issuers = [], serviceAccounts, apiKeys, header, xfcc } = identity;
  const prefixes = [...issuers.map(({ prefix }) => prefix), ...(header ? [header.prefix ?? ""] : [])];
  return {
    prefixes: [...prefixes, ...(serviceAccounts ? [SERVICE_ACCOUNT_PREFIX] : [])].filter(Boolean),
    hasCertificates: xfcc !== undefined || tls?.clientCa !== undefined,
    hasPlainNames: prefixes.includes("") || apiKeys !== undefined,
  };
}

interface BuiltSources {
  /** In order of trust. */
  readonly sources: AuthenticatorSources;
  /** The names of API keys, which no other source gives. */
  readonly keyNames: () => ReadonlySet<string>;
  /** Whether any of them reads a credential of the request. */
  readonly hasCredentials: boolean;
}

function sourcesOf(builder: IdentityBuilder): BuiltSources {
  const { agent, identity, tls } = builder.settings;
  const { xfcc, header } = identity;
  const keys = openApiKeys(builder);
  const ofRequest = [
    ...tokenSources(builder, keys),
    // A trusted proxy's statement about its client comes before the proxy's own certificate.
    xfcc && xfccSource(createTrustedProxyCheck(xfcc.from), certificateNames(builder.owners)),
  ].filter((source) => source !== undefined);
  const certificate = tls?.clientCa === undefined ? undefined : mtlsSource(certificateNames(builder.owners));
  const byHeader = header && headerSource(header, builder);
  if (agent !== undefined) builder.agents.push(agent);
  const sources = [...ofRequest, certificate, byHeader].filter((source) => source !== undefined);
  // Security: next to a source that asks for a credential, this would give every caller without one that agent's name.
  const all = sources.length === 0 && agent !== undefined ? [staticAgentSource(agent)] : sources;
  const isFirstEnough = identity.severalCredentials === "first";
  return {
    sources: { all, isFirstEnough, ...(certificate && { certificate }) },
    keyNames: keys?.names ?? NO_NAMES,
    hasCredentials: sources.length > 0,
  };
}

const NO_NAMES = (): ReadonlySet<string> => new Set();

function headerSource(
  { name, from, prefix = "", user }: HeaderSettings,
  { owners }: IdentityBuilder,
): CredentialSource {
  const names = prefixedNames(prefix, owners);
  const source = trustedHeaderSource(name.toLowerCase(), createTrustedProxyCheck(from), names);
  return user === undefined ? source : withUserHeader(source, user, names);
}

function tokenSources(
  builder: IdentityBuilder,
  keys: OpenedApiKeys | undefined,
): readonly (CredentialSource | undefined)[] {
  const { apiKeys, issuers = [], serviceAccounts } = builder.settings.identity;
  const isBearerKey = apiKeys?.header === "authorization";
  const bearer =
    issuers.length === 0 && serviceAccounts === undefined && !isBearerKey
      ? undefined
      : bearerSource({
          ...buildVerifiers(builder),
          cache: new TokenCache(builder.clock.wallMs),
          ...(keys &&
            isBearerKey && { checkKey: (token: string) => authenticateApiKey(token, keys.current()) }),
        });
  return [bearer, apiKeys && keys && !isBearerKey ? apiKeySource(apiKeys.header, keys.current) : undefined];
}

function proofHeadersOf({ apiKeys, xfcc, header }: IdentitySettings): ReadonlySet<string> {
  const names = [apiKeys?.header, xfcc && XFCC_HEADER, header?.name.toLowerCase(), header?.user];
  return new Set(names.filter((name) => name !== undefined));
}

/** Baggage, since an agent may put anything in it, and every header that carries a credential for Tollgate. */
function withheldHeadersOf(
  identity: IdentitySettings,
  proofHeaders: ReadonlySet<string>,
): ReadonlySet<string> {
  const { issuers = [], serviceAccounts, apiKeys, upstreamHeader, forwardsToken } = identity;
  const tokens = [
    ...(issuers.length === 0 && serviceAccounts === undefined ? [] : ["authorization"]),
    ...(apiKeys === undefined ? [] : [apiKeys.header]),
  ];
  const withheld = new Set(["baggage", CARRIED_HEADER, ...proofHeaders, ...tokens]);
  if (forwardsToken === true) for (const token of tokens) withheld.delete(token);
  if (upstreamHeader !== undefined) withheld.add(upstreamHeader);
  return withheld;
}

function metadataOf(
  { identity, path, upstream }: Settings,
  { metadata }: Challenge,
): MetadataEndpoint | undefined {
  if (identity.isPassthrough === true)
    return upstream.kind === "http" ? upstreamMetadata(path, upstream.url) : undefined;
  return metadata === undefined ? undefined : ownMetadata(path, metadata);
}

function ownAddress({ listen, path, tls }: HttpSettings): string {
  const host = listen.host.includes(":") ? `[${listen.host}]` : listen.host;
  return `${tls === undefined ? "http" : "https"}://${host}:${listen.port}${path}`;
}
