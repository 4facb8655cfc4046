/** Polls a resource of the admin listener while the page is visible. */

import { useEffect, useState } from "preact/hooks";
import { fetchJson } from "./api-client.ts";

export interface Polled<T> {
  /** The last response; undefined before the first. */
  readonly value: T | undefined;
  /** Why there is no newer response. */
  readonly problem: string | undefined;
  /** Whether the resource needs the admin token. */
  readonly needsToken: boolean;
  /** Polls at once. */
  readonly refresh: () => void;
}

/** Sends one request at a time; the next one waits for the response, and for the page to be visible. */
export function usePolled<T>(path: string, everyMs: number, statuses?: readonly number[]): Polled<T> {
  const [state, setState] = useState<Omit<Polled<T>, "refresh">>({
    value: undefined,
    problem: undefined,
    needsToken: false,
  });
  const [round, setRound] = useState(0);
  useEffect(() => {
    let isOver = false;
    let timer: number | undefined;
    const poll = async (): Promise<void> => {
      window.clearTimeout(timer);
      if (document.visibilityState === "visible") {
        const answer = await fetchJson<T>(path, statuses);
        if (isOver) return;
        setState((before) =>
          answer.ok
            ? { value: answer.value, problem: undefined, needsToken: false }
            : { value: before.value, problem: answer.problem, needsToken: answer.needsToken === true },
        );
      }
      timer = window.setTimeout(() => void poll(), everyMs);
    };
    void poll();
    return () => {
      isOver = true;
      window.clearTimeout(timer);
    };
  }, [path, everyMs, round]);
  return { ...state, refresh: () => setRound((last) => last + 1) };
}
