/** The store of the supervising process, as a worker reaches it. */

import {
  type CircuitBreakerOptions,
  StoreCircuitBreaker,
  type StoreConnection,
} from "../enforcement/store/circuit-breaker.ts";
import {
  type Command,
  type KeyScheme,
  type OnLate,
  type ScriptConnection,
  type ScriptName,
  StoreError,
  type StoreFault,
  type StoreScript,
} from "../enforcement/store/store.ts";
import type { ReachedStore } from "../sidecar/limit-counters.ts";
import { type Channel, Waiting } from "./channel.ts";
import type { FromWorker } from "./messages.ts";

export interface WorkerStoreOptions {
  readonly scheme: KeyScheme;
  readonly channel: Channel<FromWorker>;
  readonly onChange: CircuitBreakerOptions<StoreConnection>["onChange"];
  /** Absent: 2 seconds. */
  readonly timeoutMs?: number;
}

/** A primary that answers later hangs, or has so much to do that calls must be denied. */
const TIMEOUT_MS = 2_000;

interface PrimaryConnection extends StoreConnection, ScriptConnection {}

// Security: without an answer a call is decided as with a lost Redis; the default denies it.
export class WorkerStore implements ReachedStore {
  readonly scheme: KeyScheme;
  readonly #replies = new Waiting<unknown>();
  readonly #circuit: StoreCircuitBreaker<PrimaryConnection>;

  constructor({ scheme, channel, onChange, timeoutMs = TIMEOUT_MS }: WorkerStoreOptions) {
    this.scheme = scheme;
    const run = ({ name }: Pick<StoreScript, "name">, { keys, args }: Command): Promise<unknown> =>
      this.#replies.add((id) => channel.send({ kind: "store", id, name, keys, args }));
    this.#circuit = new StoreCircuitBreaker({
      open: () => ({
        connect: () => Promise.resolve(),
        probe: async () => {
          await run({ name: "renew" }, { keys: [], args: ["0"] });
        },
        run,
        destroy: () => undefined,
      }),
      faultOf: (error) => (error instanceof StoreError ? error.fault : "other"),
      timeoutMs,
      onChange,
    });
  }

  start(): Promise<void> {
    return this.#circuit.start();
  }

  script(name: ScriptName): StoreScript {
    return { name, text: "", sha1: "" };
  }

  run(script: StoreScript, command: Command, onLate?: OnLate): Promise<unknown> {
    return this.#circuit.run(
      (connection) => connection.run(script, command),
      (reply, connection) => onLate?.(reply, connection),
    );
  }

  reply(id: number, value: unknown): void {
    this.#replies.resolve(id, value);
  }

  fault(id: number, fault: StoreFault, text: string): void {
    this.#replies.reject(id, new StoreError(fault, text));
  }

  close(): void {
    this.#circuit.close();
  }
}
