/** Builds the sources of identity that the settings name, in order of trust, with the files and keys that they use. */

import type { IdentitySettings } from "../../config/settings/identity/identity-settings.ts";
import { type ApiKey, parseKeyFile } from "../../config/files/key-file.ts";
import type { HttpSettings, Settings } from "../../config/settings/settings.ts";
import { openWatchedFile } from "../../config/files/watched-file.ts";
import type { Clock } from "../../enforcement/clock.ts";
import type { Log } from "../../telemetry/logging/log.ts";
import { apiKeySource, authenticateApiKey } from "../../identity/api-key.ts";
import { bearerSource } from "../../identity/tokens/bearer.ts";
import { type Challenge, createChallenge } from "../../identity/challenge.ts";
import { staticAgentSource, createAuthenticator, type Authenticator } from "../../identity/authenticator.ts";
import { trustedHeaderSource } from "../../identity/hops/header.ts";
import { createTrustedProxyCheck } from "../../identity/hops/trusted-proxy.ts";
import {
  type MetadataEndpoint,
  ownMetadata,
  upstreamMetadata,
} from "../../identity/protected-resource-metadata.ts";
import { mtlsSource } from "../../identity/hops/mtls.ts";
import type { CredentialSource } from "../../identity/authentication.ts";
import { TokenCache } from "../../identity/tokens/token-cache.ts";
import { XFCC_HEADER, xfccSource } from "../../identity/hops/xfcc.ts";
import { type IdentityBuilder, refreshableFile } from "./refreshable.ts";
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
  /** Agents that the settings and their files name at the start. */
  readonly agents: readonly string[];
  readonly notReadyReasons: () => readonly string[];
  /** Starts fetching keys and watching files; returns the function that stops both. */
  readonly start: (log: Log) => () => void;
}

/** Reads every file that the settings name; `problems` lists the problems of all of them. */
export function buildIdentity(
  settings: HttpSettings,
  clock: Clock,
): BuiltIdentity & { readonly problems: readonly string[] } {
  const builder: IdentityBuilder = { settings, clock, refreshables: [], agents: [], problems: [] };
  const { identity } = settings;
  const sources = sourcesOf(builder);
  const proofHeaders = proofHeadersOf(identity);
  const challenge = createChallenge({
    ...(identity.jwt && { issuer: identity.jwt.issuer }),
    resource: identity.resource ?? ownAddress(settings),
  });
  const metadata = metadataOf(settings, challenge);
  return {
    identity: createAuthenticator({ sources, isRequired: identity.isRequired === true }),
    challenge,
    ...(metadata && { metadata }),
    proofHeaders,
    withheldHeaders: withheldHeadersOf(identity, proofHeaders),
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

/** In order of trust. */
function sourcesOf(builder: IdentityBuilder): readonly CredentialSource[] {
  const { agent, identity, tls } = builder.settings;
  const { xfcc, header } = identity;
  const sources = [
    ...tokenSources(builder),
    // A trusted proxy's statement about its client comes before the proxy's own certificate.
    xfcc && xfccSource(createTrustedProxyCheck(xfcc.from)),
    tls?.clientCa === undefined ? undefined : mtlsSource(),
    header && trustedHeaderSource(header.name.toLowerCase(), createTrustedProxyCheck(header.from)),
  ].filter((source) => source !== undefined);
  if (agent !== undefined) builder.agents.push(agent);
  // Security: next to a source that asks for a credential, this would give every caller without one that agent's name.
  return sources.length === 0 && agent !== undefined ? [staticAgentSource(agent)] : sources;
}

function tokenSources(builder: IdentityBuilder): readonly (CredentialSource | undefined)[] {
  const { apiKeys, jwt, serviceAccounts } = builder.settings.identity;
  const keys = apiKeys && openApiKeys(apiKeys.file, builder);
  const verifiers = buildVerifiers(builder);
  const isBearerKey = apiKeys?.header === "authorization";
  const bearer =
    jwt === undefined && serviceAccounts === undefined && !isBearerKey
      ? undefined
      : bearerSource({
          verifiers,
          cache: new TokenCache(builder.clock.wallMs),
          ...(keys && isBearerKey && { checkKey: (token: string) => authenticateApiKey(token, keys()) }),
        });
  return [bearer, apiKeys && keys && !isBearerKey ? apiKeySource(apiKeys.header, keys) : undefined];
}

function openApiKeys(path: string, builder: IdentityBuilder): () => readonly ApiKey[] {
  const opened = openWatchedFile({
    paths: [path],
    parse: (bytes) => parseKeyFile(path, bytes ?? Buffer.alloc(0)),
  });
  if (!opened.ok) {
    builder.problems.push(...opened.problems);
    return () => [];
  }
  builder.refreshables.push(refreshableFile(opened.file, "API keys"));
  builder.agents.push(...opened.file.current().map(({ name }) => name));
  return opened.file.current;
}

function proofHeadersOf({ apiKeys, xfcc, header }: IdentitySettings): ReadonlySet<string> {
  const names = [apiKeys?.header, xfcc && XFCC_HEADER, header?.name.toLowerCase()];
  return new Set(names.filter((name) => name !== undefined));
}

/** Baggage, since an agent may put anything in it, and every header that carries a credential for Tollgate. */
function withheldHeadersOf(
  identity: IdentitySettings,
  proofHeaders: ReadonlySet<string>,
): ReadonlySet<string> {
  const { jwt, serviceAccounts, apiKeys, upstreamHeader, forwardsToken } = identity;
  const tokens = [
    ...(jwt === undefined && serviceAccounts === undefined ? [] : ["authorization"]),
    ...(apiKeys === undefined ? [] : [apiKeys.header]),
  ];
  const withheld = new Set(["baggage", ...proofHeaders, ...tokens]);
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
