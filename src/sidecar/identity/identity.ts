/** Builds the sources of identity that the settings name, in order of trust, with the files and keys they live from. */

import type { IdentitySettings } from "../../config/settings/identity-settings.ts";
import { type ApiKey, parseKeyFile } from "../../config/files/key-file.ts";
import type { HttpSettings, Settings } from "../../config/settings/settings.ts";
import { openWatched } from "../../config/files/watched-file.ts";
import type { Clock } from "../../enforcement/clock.ts";
import type { Log } from "../../telemetry/logging/log.ts";
import { apiKeySource, checkApiKey } from "../../identity/api-key.ts";
import { bearerSource } from "../../identity/bearer.ts";
import { type Challenge, createChallenge } from "../../identity/challenge.ts";
import { flagSource } from "../../identity/static-agent.ts";
import { headerSource } from "../../identity/header.ts";
import { createIsHop } from "../../identity/trusted-proxy.ts";
import { createIdentity, type Identity } from "../../identity/authenticator.ts";
import { type Metadata, ownMetadata, upstreamMetadata } from "../../identity/protected-resource-metadata.ts";
import { mtlsSource } from "../../identity/mtls.ts";
import type { Source } from "../../identity/authentication.ts";
import { TokenCache } from "../../identity/token-cache.ts";
import { XFCC_HEADER, xfccSource } from "../../identity/xfcc.ts";
import { type IdentityBuilder, refreshableFile } from "./refreshable.ts";
import { buildVerifiers } from "./token-verifiers.ts";

export interface BuiltIdentity {
  readonly identity: Identity;
  readonly challenge: Challenge;
  /** Absent: no well-known document is served. */
  readonly metadata?: Metadata;
  /** In lower case: headers that may prove who is calling, which must come once. */
  readonly proofHeaders: ReadonlySet<string>;
  /** In lower case: headers that never go upstream. */
  readonly withheldHeaders: ReadonlySet<string>;
  /** Names that the settings and their files know at the start. */
  readonly agents: readonly string[];
  readonly notReadyReasons: () => readonly string[];
  /** Fetches keys and follows files from now on; returns the way to stop. */
  readonly start: (log: Log) => () => void;
}

/** Reads every file that the settings name; `problems` has all of what is wrong with them. */
export function buildIdentity(
  settings: HttpSettings,
  clock: Clock,
): BuiltIdentity & { readonly problems: readonly string[] } {
  const building: IdentityBuilder = { settings, clock, refreshables: [], agents: [], problems: [] };
  const { identity } = settings;
  const sources = sourcesOf(building);
  const proofHeaders = proofHeadersOf(identity);
  const challenge = createChallenge({
    ...(identity.jwt && { issuer: identity.jwt.issuer }),
    resource: identity.resource ?? ownAddress(settings),
  });
  const metadata = metadataOf(settings, challenge);
  return {
    identity: createIdentity({ sources, isRequired: identity.isRequired === true }),
    challenge,
    ...(metadata && { metadata }),
    proofHeaders,
    withheldHeaders: withheldHeadersOf(identity, proofHeaders),
    agents: building.agents,
    notReadyReasons: () =>
      building.refreshables.map(({ problem }) => problem()).filter((why) => why !== undefined),
    start: (log) => {
      const stops = building.refreshables.map(({ start }) => start(log));
      return () => stops.forEach((stop) => stop());
    },
    problems: building.problems,
  };
}

/** In order of trust. */
function sourcesOf(building: IdentityBuilder): readonly Source[] {
  const { agent, identity, tls } = building.settings;
  const { xfcc, header } = identity;
  const sources = [
    ...tokenSources(building),
    // What a trusted hop says of its own client comes before the certificate of the hop itself.
    xfcc && xfccSource(createIsHop(xfcc.from)),
    tls?.clientCa === undefined ? undefined : mtlsSource(),
    header && headerSource(header.name.toLowerCase(), createIsHop(header.from)),
  ].filter((source) => source !== undefined);
  if (agent !== undefined) building.agents.push(agent);
  // Security: beside a source that asks for proof, this would make everybody without one that agent.
  return sources.length === 0 && agent !== undefined ? [flagSource(agent)] : sources;
}

function tokenSources(building: IdentityBuilder): readonly (Source | undefined)[] {
  const { apiKeys, jwt, serviceAccounts } = building.settings.identity;
  const keys = apiKeys && keysOf(apiKeys.file, building);
  const verifiers = buildVerifiers(building);
  const isBearerKey = apiKeys?.header === "authorization";
  const bearer =
    jwt === undefined && serviceAccounts === undefined && !isBearerKey
      ? undefined
      : bearerSource({
          verifiers,
          cache: new TokenCache(building.clock.wallMs),
          ...(keys && isBearerKey && { checkKey: (token: string) => checkApiKey(token, keys()) }),
        });
  return [bearer, apiKeys && keys && !isBearerKey ? apiKeySource(apiKeys.header, keys) : undefined];
}

function keysOf(path: string, building: IdentityBuilder): () => readonly ApiKey[] {
  const opened = openWatched({
    paths: [path],
    parse: (bytes) => parseKeyFile(path, bytes ?? Buffer.alloc(0)),
  });
  if (!opened.ok) {
    building.problems.push(...opened.problems);
    return () => [];
  }
  building.refreshables.push(refreshableFile(opened.file, "API keys"));
  building.agents.push(...opened.file.current().map(({ name }) => name));
  return opened.file.current;
}

function proofHeadersOf({ apiKeys, xfcc, header }: IdentitySettings): ReadonlySet<string> {
  const names = [apiKeys?.header, xfcc && XFCC_HEADER, header?.name.toLowerCase()];
  return new Set(names.filter((name) => name !== undefined));
}

/** Baggage is the agent's own and may hold anything; what proves who the agent is, is for us alone. */
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

function metadataOf({ identity, path, upstream }: Settings, { metadata }: Challenge): Metadata | undefined {
  if (identity.isPassthrough === true)
    return upstream.kind === "http" ? upstreamMetadata(path, upstream.url) : undefined;
  return metadata === undefined ? undefined : ownMetadata(path, metadata);
}

function ownAddress({ listen, path, tls }: HttpSettings): string {
  const host = listen.host.includes(":") ? `[${listen.host}]` : listen.host;
  return `${tls === undefined ? "http" : "https"}://${host}:${listen.port}${path}`;
}
