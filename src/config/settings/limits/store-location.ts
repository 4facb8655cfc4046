/** Where a shared store is: a Redis server, its Sentinels or a cluster, written as a URL or as HOST:PORT. */

import * as z from "zod";

/** The same shape as `StoreAddress` of `enforcement`, which this room may not import. */
export interface StoreLocation {
  readonly kind: "single" | "sentinel" | "cluster";
  readonly nodes: readonly StoreNode[];
  /** The name of the server at the Sentinels; empty for the other kinds. */
  readonly masterName: string;
  readonly database: number;
  readonly username?: string;
  readonly password?: string;
  /** The account at the Sentinels; absent: they require none. */
  readonly sentinel?: SentinelAccount;
  /** PEM texts; absent without TLS. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

export interface StoreNode {
  readonly host: string;
  readonly port: number;
}

export interface SentinelAccount {
  readonly username?: string;
  readonly password?: string;
}

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26_379;

const FORMS =
  "must be memory, redis://HOST:PORT, rediss://HOST:PORT, redis+sentinel://HOST:PORT,.../NAME or redis+cluster://HOST:PORT,...";

/** A URL of a store, or `memory`, which is undefined. */
export const STORE_URL_SHAPE = z.string().transform((text, context): StoreLocation | undefined => {
  if (text === "memory") return undefined;
  const parsed = parseStoreUrl(text);
  // Security: the text is not repeated, since it may hold a password.
  if (parsed === undefined) context.addIssue({ code: "custom", message: FORMS });
  return parsed ?? z.NEVER;
});

export const STORE_NODE_SHAPE = z.string().transform((text, context): StoreNode => {
  const parsed = parseNode(text, REDIS_PORT);
  if (parsed === undefined) context.addIssue({ code: "custom", message: `must be HOST:PORT, got "${text}"` });
  return parsed ?? z.NEVER;
});

const STORE_URL = /^redis(s)?(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^@/?#]+)(?:\/([^/?#]*))?$/;

/** The path of each kind of URL: a database, the name of the server, or none. */
const PATH_OF_KIND = { single: /^\d{0,4}$/, sentinel: /./, cluster: /^$/ };

/** `redis[s][+sentinel|+cluster]://[user:password@]host[:port][,host[:port]...][/database or name]`; else undefined. */
function parseStoreUrl(text: string): StoreLocation | undefined {
  const match = STORE_URL.exec(text);
  if (match === null) return undefined;
  const [, secure, word, userInfo, hosts = "", path = ""] = match;
  const kind = word === "sentinel" || word === "cluster" ? word : "single";
  const port = kind === "sentinel" ? SENTINEL_PORT : REDIS_PORT;
  const nodes = hosts.split(",").map((host) => parseNode(host, port));
  const hasAllNodes = nodes.every((node) => node !== undefined);
  if (!hasAllNodes || !PATH_OF_KIND[kind].test(path) || (kind === "single" && nodes.length > 1))
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

function parseNode(text: string, defaultPort: number): StoreNode | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text);
  const port = Number(match?.[3] ?? defaultPort);
  if (match === null || port > 65_535) return undefined;
  return { host: match[1] ?? match[2] ?? "", port };
}
