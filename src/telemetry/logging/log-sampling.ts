/** Limits how many events of one kind are logged in each minute, and counts the rest. */

export interface LogSampler {
  /** Undefined when the event is not to be logged; else how many were suppressed since the last one that was. */
  readonly admit: (kind: string) => number | undefined;
}

interface Window {
  startedAtMs: number;
  admitted: number;
  suppressed: number;
}

const WINDOW_MS = 60_000;

/** Invariant: kinds come from a closed set, since each is kept in memory until the process ends. */
export function createLogSampler(maxPerMinute: number, now: () => number): LogSampler {
  const windows = new Map<string, Window>();
  return {
    admit: (kind) => {
      const nowMs = now();
      const window = windows.get(kind);
      if (window === undefined || nowMs - window.startedAtMs >= WINDOW_MS) {
        windows.set(kind, { startedAtMs: nowMs, admitted: 1, suppressed: 0 });
        return window?.suppressed ?? 0;
      }
      if (window.admitted < maxPerMinute) {
        window.admitted += 1;
        return 0;
      }
      window.suppressed += 1;
      return undefined;
    },
  };
}
