/** Usage in Redis or Valkey: one script for each call, on a single server, behind Sentinel, or in a Cluster. */

import { createClient, createCluster, createSentinel, defineScript, ErrorReply } from "@redis/client";
import type { Charge } from "../policy/limit.ts";
import {
  type Admission,
  type Ask,
  type Command,
  decodeAdmission,
  encodeAsk,
  type KeyScheme,
  type LimitStore,
  probeKey,
  StoreError,
  storeKey,
  type StoreFault,
  type StoreReceipt,
} from "./limit-store.ts";
import { admitScript, REFUND_SCRIPT, SERVER_TIME } from "./shared-counters-script.ts";
import { StoreCircuit, type StoreLine } from "./store-circuit.ts";

export interface StoreNode {
  readonly host: string;
  readonly port: number;
}

/** Where the store is, and who we are to it. */
export interface StoreAddress {
  readonly kind: "single" | "sentinel" | "cluster";
  /** The server; or the Sentinels; or some nodes of the cluster. */
  readonly nodes: readonly StoreNode[];
  /** What the Sentinels call the server; empty for the other kinds. */
  readonly masterName: string;
  /** Of a single server, or behind Sentinel. */
  readonly database: number;
  readonly username?: string;
  readonly password?: string;
  /** PEM texts; absent without TLS. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

export interface SharedCountersParts {
  readonly address: StoreAddress;
  readonly scheme: KeyScheme;
  /** How long one call may wait for the store, in ms. */
  readonly timeoutMs: number;
  readonly onChange: (isUp: boolean, cause: unknown) => void;
  /** The time as the scripts' language says it; the server's own, but in tests. */
  readonly now?: string;
}

export class SharedCounters implements LimitStore {
  readonly keyOf: (charge: Charge) => string;
  readonly #circuit: StoreCircuit<RedisLine>;
  readonly #admit: Script;
  /** The connection is opened by `start`. */
  constructor({ address, scheme, timeoutMs, onChange, now = SERVER_TIME }: SharedCountersParts) {
    this.keyOf = (charge) => storeKey(scheme, charge);
    this.#admit = scriptOf(admitScript(now));
    this.#circuit = new StoreCircuit({
      open: (onLost) => openLine(address, probeKey(scheme), onLost),
      faultOf,
      timeoutMs,
      onChange,
    });
  }

  /** Resolves when the store has answered, or has failed for the first time. */
  start(): Promise<void> {
    return this.#circuit.start();
  }

  async admit(ask: Ask): Promise<Admission> {
    const command = encodeAsk(ask, this.keyOf);
    const run = async (line: RedisLine): Promise<Admission> =>
      decodeAdmission(await line.run(this.#admit, command), ask, this.keyOf);
    // An admission that nobody waits for any more admits nobody. Its line is good enough for the refund, whatever the rest.
    return this.#circuit.run(run, ({ receipts }, line) => void refundOn(line, receipts).catch(nothing));
  }

  async refund(receipts: readonly StoreReceipt[]): Promise<void> {
    // A refund that fails leaves the charge: too strict, never too loose.
    await this.#circuit.run((line) => refundOn(line, receipts), nothing).catch(nothing);
  }

  close(): void {
    this.#circuit.close();
  }
}

async function refundOn(line: RedisLine, receipts: readonly StoreReceipt[]): Promise<void> {
  if (receipts.length === 0) return;
  const keys = receipts.map(({ key }) => key);
  await line.run(REFUND, { keys, args: receipts.flatMap(({ slice, amount }) => [slice, String(amount)]) });
}

function nothing(): void {
  // There is nothing to do about it.
}

interface Script {
  readonly text: string;
  readonly sha1: string;
}

function scriptOf(text: string): Script {
  const { SHA1 } = defineScript({ SCRIPT: text, parseCommand: () => undefined, transformReply: String });
  return { text, sha1: SHA1 };
}

const REFUND = scriptOf(REFUND_SCRIPT);

interface RedisLine extends StoreLine {
  readonly run: (script: Script, command: Command) => Promise<unknown>;
}

/** What the three kinds of client have in common. */
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

function openLine(address: StoreAddress, key: string, onLost: () => void): RedisLine {
  const client = openClient(address, onLost);
  let isDestroyed = false;
  const destroy = (): void => {
    if (isDestroyed) return;
    isDestroyed = true;
    // A client that is still connecting, or has lost its connection, says that it is closed.
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
        sentinelClientOptions: { socket: reconnecting.socket },
      }).on("error", ignore);
    case "cluster":
      return createCluster({
        rootNodes: nodes.map((node) => ({ socket: { ...socket, ...node } })),
        defaults: reconnecting,
      }).on("error", ignore);
  }
}

/** The clients of a cluster and of Sentinel mend themselves; a call or a probe tells whether they have. */
function ignore(): void {
  // An unheard `error` event would end the process.
}

function faultOf(error: unknown): StoreFault {
  if (error instanceof StoreError) return error.fault;
  if (error instanceof ErrorReply) return "reply";
  return error instanceof Error ? "connection" : "other";
}
