/** Lets a few events of one kind through in each minute and counts the rest. */

export interface LogSampler {
  /** Undefined: keep quiet. Else say it, and that this many were kept quiet since the last one. */
  readonly admit: (kind: string) => number | undefined;
}

interface Window {
  startedAtMs: number;
  admitted: number;
  suppressed: number;
}

const WINDOW_MS = 60_000;

/** Kinds must come from a closed set: each is remembered for good. */
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
