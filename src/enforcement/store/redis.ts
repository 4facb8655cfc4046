/** The client of the shared store, Redis or Valkey: a single server, Sentinel, or Cluster. */

import { createClient, createCluster, createSentinel, defineScript, ErrorReply } from "@redis/client";
import {
  type OnLate,
  type ScriptConnection,
  type ScriptName,
  type SharedStore,
  type StoreScript,
  type Command,
  type KeyScheme,
  StoreError,
  type StoreFault,
  storeKey,
} from "./store.ts";
import { StoreCircuitBreaker, type StoreConnection } from "./circuit-breaker.ts";

export interface StoreNode {
  readonly host: string;
  readonly port: number;
}

/** The address of the store, and the account there. */
export interface StoreAddress {
  readonly kind: "single" | "sentinel" | "cluster";
  /** The server; or the Sentinels; or some nodes of the cluster. */
  readonly nodes: readonly StoreNode[];
  /** The name of the server at the Sentinels; empty for the other kinds. */
  readonly masterName: string;
  /** For a single server or Sentinel. */
  readonly database: number;
  readonly username?: string;
  readonly password?: string;
  /** The account at the Sentinels, which differs from that of the server; absent: they require none. */
  readonly sentinel?: { readonly username?: string; readonly password?: string };
  /** PEM texts; absent without TLS. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

export interface RedisStoreOptions {
  readonly address: StoreAddress;
  readonly scheme: KeyScheme;
  /** How long one call may wait for the store, in ms. */
  readonly timeoutMs: number;
  readonly onChange: (isUp: boolean, cause: unknown) => void;
}

export class RedisStore implements SharedStore {
  readonly scheme: KeyScheme;
  readonly #circuit: StoreCircuitBreaker<RedisConnection>;

  /** The connection is opened by `start`. */
  constructor({ address, scheme, timeoutMs, onChange }: RedisStoreOptions) {
    this.scheme = scheme;
    this.#circuit = new StoreCircuitBreaker({
      open: (onLost) => openConnection(address, storeKey(scheme, "probe"), onLost),
      faultOf: storeFault,
      timeoutMs,
      onChange,
    });
  }

  /** Resolves when the first probe has succeeded or failed. */
  start(): Promise<void> {
    return this.#circuit.start();
  }

  script(name: ScriptName, text: string): StoreScript {
    const { SHA1 } = defineScript({ SCRIPT: text, parseCommand: () => undefined, transformReply: String });
    return { name, text, sha1: SHA1 };
  }

  run(script: StoreScript, command: Command, onLate?: OnLate): Promise<unknown> {
    return this.#circuit.run(
      (connection) => connection.run(script, command),
      (reply, connection) => onLate?.(reply, connection),
    );
  }

  close(): void {
    this.#circuit.close();
  }
}

interface RedisConnection extends StoreConnection, ScriptConnection {}

/** The common interface of the three clients. */
interface Client {
  readonly connect: () => Promise<unknown>;
  readonly destroy: () => unknown;
  readonly set: (key: string, value: string, options: { PX: number }) => Promise<unknown>;
  readonly evalSha: (sha1: string, command: EvalOptions) => Promise<unknown>;
  readonly eval: (text: string, command: EvalOptions) => Promise<unknown>;
}

interface EvalOptions {
  readonly keys: string[];
  readonly arguments: string[];
}

const PROBE_LIFE_MS = 60_000;

function openConnection(address: StoreAddress, key: string, onLost: () => void): RedisConnection {
  const client = openClient(address, onLost);
  let isDestroyed = false;
  const destroy = (): void => {
    if (isDestroyed) return;
    isDestroyed = true;
    // A client that is connecting or has lost its connection throws that it is closed.
    void Promise.try(() => client.destroy()).catch(() => undefined);
  };
  return {
    connect: async () => {
      await client.connect();
    },
    probe: async () => {
      await client.set(key, "1", { PX: PROBE_LIFE_MS });
    },
    run: async ({ sha1, text }, { keys, args }) => {
      const options = { keys, arguments: args };
      try {
        return await client.evalSha(sha1, options);
      } catch (error) {
        if (!(error instanceof ErrorReply) || !error.message.startsWith("NOSCRIPT")) throw error;
        return client.eval(text, options);
      }
    },
    destroy,
  };
}

const CONNECT_MS = 1_000;
const RECONNECT_MS = 200;

function openClient(address: StoreAddress, onLost: () => void): Client {
  const { kind, nodes, masterName, database, username, password, tls } = address;
  const socket = { connectTimeout: CONNECT_MS, ...(tls !== undefined && { tls: true as const, ...tls }) };
  const shared = {
    disableOfflineQueue: true,
    disableClientInfo: true,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
  };
  const reconnecting = { ...shared, socket: { ...socket, reconnectStrategy: () => RECONNECT_MS } };
  switch (kind) {
    case "single": {
      const own = { ...socket, ...nodes[0], reconnectStrategy: false as const };
      return createClient({ ...shared, database, socket: own })
        .on("error", onLost)
        .on("end", onLost);
    }
    case "sentinel":
      return createSentinel({
        name: masterName,
        sentinelRootNodes: [...nodes],
        nodeClientOptions: { ...reconnecting, database },
        sentinelClientOptions: { ...address.sentinel, socket: reconnecting.socket },
      }).on("error", ignore);
    case "cluster":
      return createCluster({
        rootNodes: nodes.map((node) => ({ socket: { ...socket, ...node } })),
        defaults: reconnecting,
      }).on("error", ignore);
  }
}

/** The clients of Cluster and Sentinel reconnect by themselves; calls and probes show whether they have. */
function ignore(): void {
  // An `error` event without a listener would end the process.
}

function storeFault(error: unknown): StoreFault {
  if (error instanceof StoreError) return error.fault;
  if (error instanceof ErrorReply) return "reply";
  return error instanceof Error ? "connection" : "other";
}
