/** The latest decisions, followed by each new one. */

import { useEffect, useState } from "preact/hooks";
import type { DecisionsResponse } from "../src/admin/api.ts";
import type { DecisionEntry } from "../src/telemetry/recent/decision-entry.ts";
import type { PageFilter } from "./address.ts";
import { fetchJson } from "./api-client.ts";
import { followEvents } from "./event-stream.ts";

export interface Feed {
  /** Newest first. */
  readonly decisions: readonly DecisionEntry[];
  readonly problem: string | undefined;
  readonly isLive: boolean;
  /** Whether the first response has arrived. */
  readonly isKnown: boolean;
  /** Decisions since the last redraw that came too fast to be shown. */
  readonly skipped: number;
  /** How many are kept here, from the newest on. */
  readonly max: number;
  /** Whether the sidecar remembers older ones that match. */
  readonly hasOlder: boolean;
}

interface GrowingFeed extends Feed {
  /** Asks for the next page of older decisions. */
  readonly onOlder: () => void;
}

const PAGE_SIZE = 100;
/** Decisions that the sidecar sends in each 250 ms, the newest; more could not be read. */
const MAX_PER_PIECE = 10;
/** Decisions that arrive within this time are shown in one redraw. */
const REDRAW_MS = 20;
const EMPTY: Feed = {
  decisions: [],
  problem: undefined,
  isLive: false,
  isKnown: false,
  skipped: 0,
  max: PAGE_SIZE,
  hasOlder: false,
};

export function useDecisionFeed(filter: PageFilter, isPaused: boolean): GrowingFeed {
  const [feed, setFeed] = useState(EMPTY);
  const query = queryOf(filter);
  const { since: _since, until, ...names } = filter;
  const live = until ? undefined : queryOf(names);
  useEffect(() => {
    if (isPaused) {
      setFeed((before) => ({ ...before, isLive: false }));
      return undefined;
    }
    return follow({ query, live }, setFeed);
  }, [query, isPaused]);
  const last = feed.decisions.at(-1)?.id;
  const onOlder = (): void => void addOlder(query, last ?? "", setFeed);
  return { ...feed, onOlder };
}

/** Appends the page before a decision; one that is no longer remembered has no older ones. */
async function addOlder(query: string, before: string, update: Update): Promise<void> {
  const answer = await fetchJson<DecisionsResponse>(
    `decisions?limit=${PAGE_SIZE}&before=${encodeURIComponent(before)}&${query}`,
  );
  update((feed) => {
    if (!answer.ok) return { ...feed, hasOlder: false };
    if (feed.decisions.at(-1)?.id !== before) return feed;
    const { decisions, next } = answer.value;
    const max = feed.max + PAGE_SIZE;
    return { ...feed, decisions: [...feed.decisions, ...decisions], max, hasOlder: next !== undefined };
  });
}

type Update = (change: (before: Feed) => Feed) => void;

interface Queries {
  /** Of the list. */
  readonly query: string;
  /** Of the stream; undefined where the range of times has an end, so that nothing is to come. */
  readonly live: string | undefined;
}

/** Reads the list, and subscribes to the stream; returns the function that unsubscribes. */
function follow({ query, live }: Queries, update: Update): () => void {
  let isOver = false;
  let fresh: DecisionEntry[] = [];
  let skipped = 0;
  let timer: number | undefined;
  const show = (): void => {
    timer = undefined;
    const [came, left] = [fresh, skipped];
    [fresh, skipped] = [[], 0];
    update((before) => ({
      ...before,
      decisions: merge(came, before.decisions, before.max),
      hasOlder: before.hasOlder || came.length + before.decisions.length > before.max,
      skipped: left,
    }));
  };
  let isOpen = false;
  const onEvent = (type: string, data: string): void => {
    if (type === "skipped") skipped += Number(data);
    if (type !== "decision") return;
    const entry: DecisionEntry = JSON.parse(data);
    fresh = [entry, ...fresh].slice(0, PAGE_SIZE);
    timer ??= window.setTimeout(show, REDRAW_MS);
  };
  const catchUp = async (): Promise<void> => {
    const answer = await fetchJson<DecisionsResponse>(`decisions?limit=${PAGE_SIZE}&${query}`);
    if (isOver) return;
    if (!answer.ok) update((before) => ({ ...before, problem: answer.problem, isKnown: true }));
    else
      update(() => ({
        decisions: merge(fresh, answer.value.decisions, PAGE_SIZE),
        problem: undefined,
        isLive: isOpen,
        isKnown: true,
        skipped: 0,
        max: PAGE_SIZE,
        hasOlder: answer.value.next !== undefined,
      }));
  };
  if (live === undefined) {
    void catchUp();
    return () => void (isOver = true);
  }
  const close = followEvents(`decisions/stream?most=${MAX_PER_PIECE}&${live}`, {
    onEvent,
    // On connecting, and after each reconnect: reads the decisions made in the meantime.
    onOpen: () => {
      isOpen = true;
      void catchUp();
    },
    onDown: () => {
      isOpen = false;
      update((before) => ({ ...before, isLive: false }));
      void catchUp();
    },
  });
  void catchUp();
  return () => {
    isOver = true;
    window.clearTimeout(timer);
    close();
  };
}

function merge(
  newer: readonly DecisionEntry[],
  older: readonly DecisionEntry[],
  max: number,
): readonly DecisionEntry[] {
  const byId = new Map([...newer, ...older].map((entry) => [entry.id, entry]));
  for (const entry of newer) byId.set(entry.id, entry);
  return [...byId.values()].slice(0, max);
}

function queryOf(filter: Readonly<Record<string, string | undefined>> | PageFilter): string {
  return String(new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== "")));
}
