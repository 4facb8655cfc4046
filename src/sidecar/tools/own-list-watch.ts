/** Keeps the catalog filled with the server's tools: asks when the server comes up, and when it says that its list has changed. */

import type { Settings } from "../../config/settings/settings.ts";
import { VERSION } from "../../config/version.ts";
import type { Observer } from "../../enforcement/observer.ts";
import { requestOwnList } from "../../proxy/tools/own-list.ts";
import type { ToolCatalog } from "../../proxy/tools/tool-catalog.ts";
import type { Upstream } from "../../proxy/upstream.ts";
import type { Telemetry } from "../../telemetry/telemetry.ts";

export interface OwnListWatch {
  /** Asks for the list, or once more when one is being asked for. Never throws. */
  readonly refresh: () => void;
  readonly stop: () => void;
}

const TIMEOUT_MS = 10_000;
/** Pauses before a list that failed is asked for again; a server that refuses every time is left alone after the last. */
const RETRY_MS = [1_000, 4_000, 16_000, 60_000];
/** Between two lists, however often the server says that its list has changed. */
const MIN_PAUSE_MS = 1_000;

interface OwnListParts {
  readonly upstream: Pick<Upstream, "relay" | "open">;
  readonly tools: ToolCatalog;
  readonly telemetry: Pick<Telemetry, "log">;
  readonly onListed: (pages: readonly string[]) => void;
}

export function watchOwnList(
  settings: Settings,
  { upstream, tools, telemetry, onListed }: OwnListParts,
): OwnListWatch {
  // A child of a stdio server belongs to its client, and a child of Tollgate's own would start the server once more.
  if (!settings.labels.hasOwnList || settings.upstream.kind === "stdio") return NO_WATCH;
  const options = { upstream, version: VERSION, maxBytes: settings.bounds.listBytes, timeoutMs: TIMEOUT_MS };
  let timer: NodeJS.Timeout | undefined;
  let isAsking = false;
  let isWanted = false;
  let isStopped = false;
  let failures = 0;
  const ask = async (): Promise<void> => {
    isAsking = true;
    isWanted = false;
    const pages = await requestOwnList(options);
    isAsking = false;
    if (isStopped) return;
    if (pages === undefined) return retry();
    failures = 0;
    tools.learnOwnList(pages);
    onListed(pages);
    telemetry.log.debug({ pages: pages.length }, "listed the server's tools");
    if (isWanted) after(MIN_PAUSE_MS);
  };
  const retry = (): void => {
    const pauseMs = RETRY_MS[failures];
    failures += 1;
    if (pauseMs !== undefined) after(pauseMs);
    else
      telemetry.log.info(
        "the server does not list its tools for Tollgate; names are learned from clients' lists",
      );
  };
  const after = (pauseMs: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), pauseMs).unref();
  };
  return {
    refresh: () => {
      failures = 0;
      isWanted = true;
      if (!isAsking && !isStopped) void ask();
    },
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

const NO_WATCH: OwnListWatch = { refresh: () => undefined, stop: () => undefined };

/** The observer, which also refreshes the list when the server says to any client that it has changed. */
export function refreshingOn(observer: Required<Observer>, refresh: () => void): Required<Observer> {
  return {
    ...observer,
    messagePassed: (direction, method) => {
      observer.messagePassed(direction, method);
      if (direction === "upstream" && method === "notifications/tools/list_changed") refresh();
    },
  };
}
