/** The latest decisions, and each new one as it is made. */

import { useEffect, useState } from "preact/hooks";
import type { DecisionsResponse } from "../src/admin/api.ts";
import type { DecisionEntry } from "../src/telemetry/recent/decision-entry.ts";
import { read } from "./ask.ts";

/** Every field that is given must be what is given. */
export interface Filter {
  readonly agent?: string;
  readonly tool?: string;
  readonly effect?: string;
  readonly reason?: string;
}

export interface Feed {
  /** Newest first. */
  readonly decisions: readonly DecisionEntry[];
  readonly problem: string | undefined;
  readonly isLive: boolean;
  /** Whether the first answer has come. */
  readonly isKnown: boolean;
  /** Decisions of the last moment that came too fast to be shown. */
  readonly skipped: number;
}

const MOST_SHOWN = 100;
/** A busy sidecar decides faster than anybody reads: of each quarter of a second it sends the newest so many. */
const MOST_IN_A_PIECE = 10;
/** What comes in one piece is shown in one go. */
const REDRAW_MS = 20;
const EMPTY: Feed = { decisions: [], problem: undefined, isLive: false, isKnown: false, skipped: 0 };

export function useDecisionFeed(filter: Filter, isPaused: boolean): Feed {
  const [feed, setFeed] = useState(EMPTY);
  const query = queryOf(filter);
  useEffect(() => {
    if (isPaused) {
      setFeed((before) => ({ ...before, isLive: false }));
      return undefined;
    }
    return follow(query, setFeed);
  }, [query, isPaused]);
  return feed;
}

type Update = (change: (before: Feed) => Feed) => void;

/** Returns the way to stop. */
function follow(query: string, update: Update): () => void {
  let isOver = false;
  let fresh: DecisionEntry[] = [];
  let skipped = 0;
  let timer: number | undefined;
  const show = (): void => {
    timer = undefined;
    const [came, left] = [fresh, skipped];
    [fresh, skipped] = [[], 0];
    update((before) => ({ ...before, decisions: merge(came, before.decisions), skipped: left }));
  };
  const stream = new EventSource(`decisions/stream?most=${MOST_IN_A_PIECE}&${query}`);
  stream.addEventListener("skipped", ({ data }: MessageEvent<string>) => (skipped += Number(data)));
  stream.addEventListener("decision", ({ data }: MessageEvent<string>) => {
    const entry: DecisionEntry = JSON.parse(data);
    fresh = [entry, ...fresh].slice(0, MOST_SHOWN);
    timer ??= window.setTimeout(show, REDRAW_MS);
  });
  // On opening, and again after each break: what was made meanwhile is read, not missed.
  stream.addEventListener("open", () => void catchUp());
  stream.addEventListener("error", () => update((before) => ({ ...before, isLive: false })));
  const catchUp = async (): Promise<void> => {
    const answer = await read<DecisionsResponse>(`decisions?limit=${MOST_SHOWN}&${query}`);
    if (isOver) return;
    if (!answer.ok) update((before) => ({ ...before, problem: answer.problem, isKnown: true }));
    else
      update(() => ({
        decisions: merge(fresh, answer.value.decisions),
        problem: undefined,
        isLive: stream.readyState === EventSource.OPEN,
        isKnown: true,
        skipped: 0,
      }));
  };
  void catchUp();
  return () => {
    isOver = true;
    window.clearTimeout(timer);
    stream.close();
  };
}

function merge(newer: readonly DecisionEntry[], older: readonly DecisionEntry[]): readonly DecisionEntry[] {
  const byId = new Map([...newer, ...older].map((entry) => [entry.id, entry]));
  for (const entry of newer) byId.set(entry.id, entry);
  return [...byId.values()].slice(0, MOST_SHOWN);
}

function queryOf(filter: Filter): string {
  return String(new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== "")));
}
