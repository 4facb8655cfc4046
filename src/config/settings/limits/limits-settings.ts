/** The `limits` setting: where counters are kept, as `memory`, a URL, or a mapping with one of `url`, `sentinels`, `cluster`. */

import { readFileSync } from "node:fs";
import * as z from "zod";
import { readFault } from "../../file-fault.ts";
import { isLoopbackHostname } from "../loopback.ts";
import type { IdentitySettings } from "../identity/identity-settings.ts";
import { type Environment, sentinelAccount, unusedSentinelAccount } from "./sentinel-account.ts";
import { STORE_NODE_SHAPE, STORE_URL_SHAPE, type StoreLocation } from "./store-location.ts";

export const ON_STORE_ERROR = ["deny", "allow", "local"] as const;

export interface LimitsSettings {
  /** Absent: the memory of this process. */
  readonly store?: StoreLocation;
  readonly onStoreError: (typeof ON_STORE_ERROR)[number];
  /** How long one call may wait for the store. */
  readonly timeoutMs: number;
  readonly prefix: string;
}

const pem = z.string().transform((file, context) => {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    context.addIssue({ code: "custom", message: readFault(error) });
    return z.NEVER;
  }
});

const MAPPING = z
  .strictObject({
    url: STORE_URL_SHAPE.optional(),
    sentinels: z
      .strictObject({
        name: z.string().min(1),
        nodes: z.array(STORE_NODE_SHAPE).min(1),
        username: z.string().optional(),
        password: z.string().optional(),
      })
      .optional(),
    cluster: z.array(STORE_NODE_SHAPE).min(1).optional(),
    username: z.string().exactOptional(),
    password: z.string().exactOptional(),
    database: z.number().int().min(0).max(9_999).exactOptional(),
    tls: z
      .strictObject({ ca: pem.exactOptional(), cert: pem.exactOptional(), key: pem.exactOptional() })
      .exactOptional(),
    on_store_error: z.enum(ON_STORE_ERROR).default("deny"),
    "timeout-ms": z.number().int().min(1).max(10_000).default(250),
    prefix: z
      .string()
      .regex(/^[\w.-]{1,64}$/, "must be 1 to 64 letters, digits or ._-")
      .default("tollgate"),
  })
  .superRefine(({ url, sentinels, cluster }, context) => {
    if ([url, sentinels, cluster].filter((each) => each !== undefined).length > 1)
      context.addIssue({
        code: "custom",
        message: "must have one of url, sentinels and cluster, not several",
      });
  });

/** A string is short for a mapping with that `url`. */
export const LIMITS_SHAPE = z.preprocess(
  (raw) => (typeof raw === "string" ? { url: raw } : raw),
  MAPPING.transform(
    ({ on_store_error: onStoreError, "timeout-ms": timeoutMs, prefix, ...raw }): LimitsSettings => {
      const store = storeLocation(raw);
      return { ...(store && { store }), onStoreError, timeoutMs, prefix };
    },
  ),
);

type RawStore = Omit<z.infer<typeof MAPPING>, "on_store_error" | "timeout-ms" | "prefix">;

function storeLocation({ url, sentinels, cluster, ...rest }: RawStore): StoreLocation | undefined {
  const named = url ?? sentinelLocation(sentinels) ?? clusterLocation(cluster);
  return named && { ...named, ...rest };
}

function sentinelLocation(sentinels: RawStore["sentinels"]): StoreLocation | undefined {
  if (sentinels === undefined) return undefined;
  const { name: masterName, nodes } = sentinels;
  const account = sentinelAccount(sentinels);
  return { kind: "sentinel", nodes, masterName, database: 0, ...(account && { sentinel: account }) };
}

function clusterLocation(nodes: RawStore["cluster"]): StoreLocation | undefined {
  return nodes && { kind: "cluster", nodes, masterName: "", database: 0 };
}

/** The file's `limits` with the store that a flag or variable names; the rest of the file's mapping is kept. */
export function mergeLimits(file: unknown, url: string): unknown {
  const mapping = z.record(z.string(), z.unknown()).safeParse(file);
  if (!mapping.success) return url;
  const { sentinels: _sentinels, cluster: _cluster, ...kept } = mapping.data;
  return { ...kept, url };
}

interface LimitsContext {
  readonly limits: LimitsSettings;
  readonly server?: string | undefined;
  readonly upstream?: URL | undefined;
}

/** Contradictions between limits and other settings; `origin` is the flag, the variable or the name that gives the limits. */
export function limitsProblems(
  { limits, server, upstream }: LimitsContext,
  environment: Environment,
  origin: string,
): string[] {
  return [
    ...(server === undefined ? unnamedServer(limits, upstream, origin) : []),
    ...unusedSentinelAccount(limits, environment),
  ];
}

interface ReplicaContext extends LimitsContext {
  readonly "replica-address"?: object | undefined;
  readonly identity: Pick<IdentitySettings, "sessionKeyFile" | "header" | "xfcc">;
  readonly tls?: object | undefined;
}

/** Contradictions between the address for other replicas and other settings. */
export function replicaProblems(
  { "replica-address": address, limits, identity, tls }: ReplicaContext,
  origin = "replica-address",
): string[] {
  if (address === undefined) return [];
  const problems = [
    limits.store === undefined && "replicas find each other in a store: give all of them the same --limits",
    identity.sessionKeyFile === undefined &&
      "names the replica in session ids, with a key: set identity.session-key-file, the same on all replicas",
    // Security: a replica would take the word of another one for what a client wrote.
    (identity.header ?? identity.xfcc) !== undefined &&
      "carries what clients send, so a replica could not tell it from a trusted proxy's: use another source of identity than header and xfcc",
    tls !== undefined && "is reached over plain HTTP: end TLS before the replicas, and take tls out",
  ];
  return problems.filter((problem) => problem !== false).map((problem) => `${origin}: ${problem}`);
}

/** Counters in a store are keyed by the name of the server, and `127.0.0.1` would be the name of every server. */
function unnamedServer({ store }: LimitsSettings, upstream: URL | undefined, origin: string): string[] {
  if (store === undefined || upstream === undefined || !isLoopbackHostname(upstream.hostname)) return [];
  return [
    `${origin}: counters in a store belong to a server, and ${upstream.hostname} names none; give it a name with --server, the same on every replica`,
  ];
}
