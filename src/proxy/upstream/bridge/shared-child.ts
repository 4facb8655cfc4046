/** The one child that all modern clients share, and the protocol versions that its command supports. */

import { isJsonArray, isJsonObject, type Json } from "../../../json/json.ts";
import { readJson } from "../../../json/read-json.ts";
import { CLIENT_INFO_KEY, eraOf, PROTOCOL_VERSION_KEY } from "../../../mcp/message.ts";
import type { ChildMessage } from "./child-message.ts";
import type { ChildMultiplexer } from "./child-multiplexer.ts";
import type { ChildPool, PooledChild } from "./child-pool.ts";
import { type ClientMessage, readClientMessage } from "./client-message.ts";

export interface SharedChildOptions {
  readonly pool: ChildPool;
  /** Tollgate's own version, for `clientInfo`. */
  readonly version: string;
  /** Ends an idle session for this child; resolves when its child has exited. Undefined when every session is in use. */
  readonly makeRoom: () => Promise<void> | undefined;
  /** How long the child may take to answer `server/discover`. */
  readonly probeMs: number;
  /** Called for each message that belongs to no request. */
  readonly onUnmatched: () => void;
}

/** A child that exits on `server/discover` is probed a second time: the exit may have had another cause. */
const MAX_PROBES = 2;

export class SharedChild {
  readonly #options: SharedChildOptions;
  #child: PooledChild | undefined;
  #versions: readonly string[] | undefined;
  #probing: Promise<readonly string[]> | undefined;

  constructor(options: SharedChildOptions) {
    this.#options = options;
  }

  /** The modern protocol versions of the command, empty for a legacy server. The child is probed once. @throws UpstreamError */
  versions(): Promise<readonly string[]> {
    if (this.#versions !== undefined) return Promise.resolve(this.#versions);
    this.#probing ??= this.#probe().finally(() => (this.#probing = undefined));
    return this.#probing;
  }

  /** Makes room for the child while it does not run. */
  async makeRoom(): Promise<void> {
    const { pool, makeRoom } = this.#options;
    if (this.#child === undefined && !pool.hasRoom()) await makeRoom();
  }

  /** The running child, or a new one. @throws UpstreamError while no child may be started */
  acquire(): ChildMultiplexer {
    this.#child ??= this.#acquireChild();
    // A legacy server may exit on `server/discover`, which is no failure of the command.
    this.#child.restartOnExit = this.#versions !== undefined;
    return this.#child.multiplexer;
  }

  /** Undefined while no child runs. */
  get current(): ChildMultiplexer | undefined {
    return this.#child?.multiplexer;
  }

  #acquireChild(): PooledChild {
    const child = this.#options.pool.acquire({
      onUnrelated: (message) => this.#onUnrelated(message),
      onExit: () => {
        if (this.#child === child) this.#child = undefined;
      },
    });
    return child;
  }

  async #probe(): Promise<readonly string[]> {
    await this.makeRoom();
    for (let probes = 1; ; probes += 1) {
      const versions = await this.#discover();
      if (versions === undefined && probes < MAX_PROBES) continue;
      this.#versions = versions ?? [];
      if (this.#versions.length === 0) this.#stopChild();
      return this.#versions;
    }
  }

  /** Undefined when the child exits instead of answering. */
  #discover(): Promise<readonly string[] | undefined> {
    const { promise, resolve } = Promise.withResolvers<readonly string[] | undefined>();
    const timer = setTimeout(resolve, this.#options.probeMs, []);
    this.acquire().request(discoverRequest(this.#options.version), {
      writeMessage: () => false,
      writeResponse: (text) => resolve(supportedVersions(text)),
      fail: () => resolve(undefined),
      respond: () => resolve(undefined),
    });
    return promise.finally(() => clearTimeout(timer));
  }

  /** A legacy child that has read a request before `initialize` must not serve a session. */
  #stopChild(): void {
    void this.#child?.stop();
    this.#child = undefined;
  }

  // Security: a message outside of any request may be about one client's call, so no client receives it.
  #onUnrelated({ id, method }: ChildMessage): void {
    this.#options.onUnmatched();
    if (id === undefined || method === undefined) return;
    const error = { code: -32_601, message: "no client can be asked: the modern era has no such requests" };
    this.current?.send(`{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify(error)}}`);
  }
}

const PROBED_VERSION = "2026-07-28";

/** `server/discover`, as a dual-era client sends it to find out the server's era. */
function discoverRequest(version: string): ClientMessage {
  const meta = {
    [PROTOCOL_VERSION_KEY]: PROBED_VERSION,
    [CLIENT_INFO_KEY]: { name: "tollgate", version },
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const params = { _meta: meta };
  return readClientMessage(JSON.stringify({ jsonrpc: "2.0", id: 0, method: "server/discover", params }));
}

/** The modern versions in the result of `server/discover`, or in its error for an unsupported version. */
function supportedVersions(text: string): readonly string[] {
  const read = readJson(text);
  if (!read.ok) return [];
  const supported =
    member(read.value, "result", "supportedVersions") ?? member(read.value, "error", "data", "supported");
  return isJsonArray(supported) ? supported.filter(isModernVersion) : [];
}

function isModernVersion(version: Json): version is string {
  return typeof version === "string" && eraOf(version) === "modern";
}

function member(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  return path.reduce((node, name) => (isJsonObject(node) ? node.get(name) : undefined), value);
}
