/** Where counters live, as settings say it: `memory`, a URL, or a mapping with one of `url`, `sentinels`, `cluster`. */

import { readFileSync } from "node:fs";
import * as z from "zod";
import { isLoopbackHostname } from "./loopback.ts";

export const ON_STORE_ERROR = ["deny", "allow", "local"] as const;

/** Where the store is; the enforcement floor knows the same shape by its own name. */
export interface StoreLocation {
  readonly kind: "single" | "sentinel" | "cluster";
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  /** What the Sentinels call the server; empty for the other kinds. */
  readonly masterName: string;
  readonly database: number;
  readonly username?: string;
  readonly password?: string;
  /** Who we are to the Sentinels; absent: they ask nobody. */
  readonly sentinel?: SentinelAccount;
  /** PEM texts; absent without TLS. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

export interface SentinelAccount {
  readonly username?: string;
  readonly password?: string;
}

export interface LimitsSettings {
  /** Absent: this process's memory. */
  readonly store?: StoreLocation;
  readonly onStoreError: (typeof ON_STORE_ERROR)[number];
  /** How long one call may wait for the store. */
  readonly timeoutMs: number;
  readonly prefix: string;
}

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26_379;

const FORMS =
  "must be memory, redis://HOST:PORT, rediss://HOST:PORT, redis+sentinel://HOST:PORT,.../NAME or redis+cluster://HOST:PORT,...";

const location = z.string().transform((text, context): StoreLocation | undefined => {
  if (text === "memory") return undefined;
  const parsed = parseStoreUrl(text);
  // Security: the text may hold a password, so it is not repeated.
  if (parsed === undefined) context.addIssue({ code: "custom", message: FORMS });
  return parsed ?? z.NEVER;
});

const node = z.string().transform((text, context) => {
  const parsed = parseNode(text, REDIS_PORT);
  if (parsed === undefined) context.addIssue({ code: "custom", message: `must be HOST:PORT, got "${text}"` });
  return parsed ?? z.NEVER;
});

const pem = z.string().transform((file, context) => {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    context.addIssue({ code: "custom", message: `cannot be read: ${why}` });
    return z.NEVER;
  }
});

const mapping = z
  .strictObject({
    url: location.optional(),
    sentinels: z
      .strictObject({
        name: z.string().min(1),
        nodes: z.array(node).min(1),
        username: z.string().optional(),
        password: z.string().optional(),
      })
      .optional(),
    cluster: z.array(node).min(1).optional(),
    username: z.string().optional(),
    password: z.string().optional(),
    database: z.number().int().min(0).max(9_999).optional(),
    tls: z.strictObject({ ca: pem.optional(), cert: pem.optional(), key: pem.optional() }).optional(),
    on_store_error: z.enum(ON_STORE_ERROR).default("deny"),
    "timeout-ms": z.number().int().min(1).max(10_000).default(250),
    prefix: z
      .string()
      .regex(/^[\w.-]{1,64}$/, "must be 1 to 64 letters, digits or ._-")
      .default("tollgate"),
  })
  .superRefine(({ url, sentinels, cluster }, context) => {
    const given = [url, sentinels, cluster].filter((each) => each !== undefined).length;
    if (given > 1)
      context.addIssue({
        code: "custom",
        message: "must have one of url, sentinels and cluster, not several",
      });
  });

/** A text is short for a mapping with that `url`. */
export const LIMITS_SHAPE = z.preprocess(
  (raw) => (typeof raw === "string" ? { url: raw } : raw),
  mapping.transform((raw): LimitsSettings => {
    const store = storeOf(raw);
    return {
      ...(store !== undefined && { store }),
      onStoreError: raw.on_store_error,
      timeoutMs: raw["timeout-ms"],
      prefix: raw.prefix,
    };
  }),
);

/** A flag names another store and keeps what the file says about it besides. */
export function mergeLimits(file: unknown, flag: string | undefined): unknown {
  const asMapping = z.record(z.string(), z.unknown()).safeParse(file);
  if (flag === undefined || !asMapping.success) return flag ?? file;
  const { sentinels: _sentinels, cluster: _cluster, ...kept } = asMapping.data;
  return { ...kept, url: flag };
}

interface Around {
  readonly limits: LimitsSettings;
  readonly server?: string | undefined;
  readonly upstream?: URL | undefined;
}

/** What is wrong with limits and the settings around them together. */
export function limitsProblems({ limits, server, upstream }: Around, environment: Environment): string[] {
  return [
    ...(server === undefined ? unnamedServer(limits, upstream) : []),
    ...strayedSentinelAccount(limits, environment),
  ];
}

/** In a store, counters are told apart by the server's name; every server next to its sidecar would have the same one. */
function unnamedServer({ store }: LimitsSettings, upstream: URL | undefined): string[] {
  if (store === undefined || upstream === undefined || !isLoopbackHostname(upstream.hostname)) return [];
  return [
    `--limits: counters in a store belong to a server, and ${upstream.hostname} names none; give it a name with --server, the same on every replica`,
  ];
}

const SENTINEL_USERNAME = "TOLLGATE_SENTINEL_USERNAME";
const SENTINEL_PASSWORD = "TOLLGATE_SENTINEL_PASSWORD";

type Environment = Readonly<Record<string, string | undefined>>;

// Security: no flag and no URL takes these: the account of a URL is the server's, and command lines can be read by others.
/** With who we are to the Sentinels, as the environment says it; it beats the file. */
export function withSentinelAccount(limits: LimitsSettings, environment: Environment): LimitsSettings {
  const account = accountIn(environment);
  if (account === undefined || limits.store?.kind !== "sentinel") return limits;
  return { ...limits, store: { ...limits.store, sentinel: { ...limits.store.sentinel, ...account } } };
}

/** An account that no Sentinel is asked with. */
function strayedSentinelAccount({ store }: LimitsSettings, environment: Environment): string[] {
  if (accountIn(environment) === undefined || store?.kind === "sentinel") return [];
  return [
    `${SENTINEL_USERNAME}, ${SENTINEL_PASSWORD}: are for Sentinels, and limits name none; unset them, or set redis+sentinel://...`,
  ];
}

function accountIn(environment: Environment): SentinelAccount | undefined {
  return accountOf({ username: environment[SENTINEL_USERNAME], password: environment[SENTINEL_PASSWORD] });
}

/** Undefined when nothing is said; an empty text says nothing. */
function accountOf({
  username = "",
  password = "",
}: {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}): SentinelAccount | undefined {
  if (username === "" && password === "") return undefined;
  return { ...(username !== "" && { username }), ...(password !== "" && { password }) };
}

function storeOf(raw: z.infer<typeof mapping>): StoreLocation | undefined {
  const named = raw.url ?? namedStore(raw);
  if (named === undefined) return undefined;
  return {
    ...named,
    ...(raw.database !== undefined && { database: raw.database }),
    ...(raw.username !== undefined && { username: raw.username }),
    ...(raw.password !== undefined && { password: raw.password }),
    ...(raw.tls !== undefined && { tls: present(raw.tls) }),
  };
}

type Tls = NonNullable<StoreLocation["tls"]>;

function present({ ca, cert, key }: { [Name in keyof Tls]: Tls[Name] | undefined }): Tls {
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}

function namedStore({ sentinels, cluster }: z.infer<typeof mapping>): StoreLocation | undefined {
  if (sentinels !== undefined) {
    const account = accountOf(sentinels);
    const named = {
      kind: "sentinel",
      nodes: sentinels.nodes,
      masterName: sentinels.name,
      database: 0,
    } as const;
    return { ...named, ...(account && { sentinel: account }) };
  }
  return cluster && { kind: "cluster", nodes: cluster, masterName: "", database: 0 };
}

const STORE_URL = /^redis(s)?(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^@/?#]+)(?:\/([^/?#]*))?$/;

/** `redis[s][+sentinel|+cluster]://[user:password@]host[:port][,host[:port]...][/database or name]`; undefined when it is none. */
function parseStoreUrl(text: string): StoreLocation | undefined {
  const match = STORE_URL.exec(text);
  if (match === null) return undefined;
  const [, secure, word, userInfo, hosts = "", path = ""] = match;
  const kind = word === "sentinel" || word === "cluster" ? word : "single";
  const port = kind === "sentinel" ? SENTINEL_PORT : REDIS_PORT;
  const nodes = hosts.split(",").map((host) => parseNode(host, port));
  const isWhole =
    kind === "sentinel" ? path !== "" : kind === "cluster" ? path === "" : /^\d{0,4}$/.test(path);
  if (!isWhole || (kind === "single" && nodes.length > 1) || !nodes.every((each) => each !== undefined))
    return undefined;
  return {
    kind,
    nodes,
    masterName: kind === "sentinel" ? decodeURIComponent(path) : "",
    database: kind === "single" ? Number(path) : 0,
    ...credentials(userInfo),
    ...(secure !== undefined && { tls: {} }),
  };
}

function credentials(userInfo: string | undefined): Pick<StoreLocation, "username" | "password"> {
  if (userInfo === undefined) return {};
  const [username = "", ...rest] = userInfo.split(":").map(decodeURIComponent);
  return { ...(username !== "" && { username }), ...(rest.length > 0 && { password: rest.join(":") }) };
}

function parseNode(text: string, fallbackPort: number): { host: string; port: number } | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text);
  const port = Number(match?.[3] ?? fallbackPort);
  if (match === null || port > 65_535) return undefined;
  return { host: match[1] ?? match[2] ?? "", port };
}
