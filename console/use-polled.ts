/** Something that the sidecar says, asked for again and again while somebody looks. */

import { useEffect, useState } from "preact/hooks";
import { read } from "./ask.ts";

export interface Polled<T> {
  /** The last answer; undefined before the first. */
  readonly value: T | undefined;
  /** Why there is no newer one. */
  readonly problem: string | undefined;
  /** Whether it is only told to who has the admin token. */
  readonly needsToken: boolean;
  /** Asks now. */
  readonly refresh: () => void;
}

/** One question at a time: the next one waits for the answer, and for the page to be looked at. */
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
    const ask = async (): Promise<void> => {
      window.clearTimeout(timer);
      if (document.visibilityState === "visible") {
        const answer = await read<T>(path, statuses);
        if (isOver) return;
        setState((before) =>
          answer.ok
            ? { value: answer.value, problem: undefined, needsToken: false }
            : { value: before.value, problem: answer.problem, needsToken: answer.needsToken === true },
        );
      }
      timer = window.setTimeout(() => void ask(), everyMs);
    };
    void ask();
    return () => {
      isOver = true;
      window.clearTimeout(timer);
    };
  }, [path, everyMs, round]);
  return { ...state, refresh: () => setRound((last) => last + 1) };
}
