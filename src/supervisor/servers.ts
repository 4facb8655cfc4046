/** All servers of one file: starts them, applies a new version of the file, and answers for all of them at once. */

import type { UpServerEntry } from "../admin/up-api.ts";
import type { UpServer } from "../config/up/servers-file.ts";
import { mergeExpositions } from "../telemetry/metrics/merge-expositions.ts";
import { renderUpMetrics } from "./own-metrics.ts";
import { SupervisedServer, type SupervisedOptions } from "./supervised-server.ts";

/** The changes of a new version of the file, by the names of the servers. */
export interface AppliedChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

export class Servers {
  readonly #options: SupervisedOptions;
  #running: readonly SupervisedServer[] = [];
  /** One version after the other: the next waits until the servers of the one before have ended. */
  #applied: Promise<unknown> = Promise.resolve();
  #isStopped = false;

  constructor(options: SupervisedOptions) {
    this.#options = options;
  }

  /** Starts, restarts and ends servers until they are those of the file; one that is the same keeps running. */
  apply(servers: readonly UpServer[]): Promise<AppliedChanges> {
    const applied = this.#applied.then(() => this.#apply(servers));
    this.#applied = applied;
    return applied;
  }

  /** Makes every sidecar read its files at once. */
  reload(): void {
    for (const server of this.#running) server.reload();
  }

  /** Drains all sidecars at the same time. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#running.map((server) => server.stop()));
    await this.#applied;
    await Promise.all(this.#running.map((server) => server.stop()));
  }

  entries(): Promise<readonly UpServerEntry[]> {
    return Promise.all(this.#running.map((server) => server.entry()));
  }

  /** One scrape of all sidecars. */
  async renderMetrics(
    accept: string | undefined,
    isFileValid: boolean,
  ): Promise<ReturnType<typeof mergeExpositions>> {
    const scrapes = await Promise.all(
      this.#running.map(async (server) => {
        const [text, { ready }] = await Promise.all([server.metrics(accept), server.entry()]);
        const { label, restarts } = server;
        return { text, sample: { label, restarts, isUp: text !== undefined, isReady: ready } };
      }),
    );
    const own = renderUpMetrics(
      scrapes.map(({ sample }) => sample),
      isFileValid,
      accept,
    );
    const texts = scrapes.flatMap(({ text, sample }) =>
      text === undefined ? [] : [{ server: sample.label, text }],
    );
    return mergeExpositions(own, texts, accept);
  }

  async #apply(servers: readonly UpServer[]): Promise<AppliedChanges> {
    const none = { added: [], removed: [], changed: [] };
    if (this.#isStopped) return none;
    const before = new Map(this.#running.map((server) => [server.name, server]));
    const wanted = new Set(servers.map(({ name }) => name));
    const gone = this.#running.filter(({ name }) => !wanted.has(name));
    const changed = servers.filter(({ name, digest }) => (before.get(name)?.digest ?? digest) !== digest);
    // A port that one server gives up may be the next one of another: all end before the first starts.
    await Promise.all([
      ...gone.map((server) => server.stop()),
      ...changed.map(({ name }) => before.get(name)?.stop()),
    ]);
    if (this.#isStopped) return none;
    const added = servers.filter(({ name }) => !before.has(name));
    this.#running = servers.map(
      (server) => before.get(server.name) ?? new SupervisedServer(server, this.#options),
    );
    await Promise.all(changed.map((server) => before.get(server.name)?.replace(server)));
    for (const server of this.#running) if (!before.has(server.name)) server.start();
    return {
      added: added.map(({ name }) => name),
      removed: gone.map(({ name }) => name),
      changed: changed.map(({ name }) => name),
    };
  }
}
