/** Slows the responses to wrong tokens: see docs/decisions/0103-guarded-admin-side.md. */

/** Wrong tokens in a window that are answered at once: an operator's typing errors. */
const FREE = 10;
const WINDOW_MS = 60_000;
const DELAY_MS = 1_000;
/** Responses that wait at once; more are refused as too many. */
const MAX_WAITING = 64;

/** Calls `respond` now or later; `respondBusy` when too many wait already. `now` is in milliseconds. */
export function createSlowdown(now: () => number): (respond: () => void, respondBusy: () => void) => void {
  let startedAt = -Infinity;
  let wrong = 0;
  let waiting = 0;
  return (respond, respondBusy) => {
    if (now() - startedAt > WINDOW_MS) [startedAt, wrong] = [now(), 0];
    wrong += 1;
    if (wrong <= FREE) return respond();
    if (waiting >= MAX_WAITING) return respondBusy();
    waiting += 1;
    setTimeout(() => {
      waiting -= 1;
      respond();
    }, DELAY_MS).unref();
  };
}
