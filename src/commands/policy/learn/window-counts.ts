/** Counts calls in windows of one length, for one agent and tool, with a bounded number of windows in memory. */

/** Parts of a window that calls are counted in, so that a window may begin at any of them. */
const PARTS = 60;
/** Windows that stay open for records that come late: a call is written when it has ended. */
const OPEN_WINDOWS = 8;

interface Count {
  passed: number;
  all: number;
}

/** Calls in windows. A window counts as seen when a call passed in it. */
export interface WindowFigures {
  /** Number of windows by the calls that passed in them. */
  readonly windows: ReadonlyMap<number, number>;
  /** At least the calls in any stretch of one window's length, wherever it begins. */
  readonly most: number;
}

export class WindowCounts {
  readonly #partMs: number;
  readonly #parts = new Map<number, Count>();
  readonly #windows = new Map<number, number>();
  #newest = Number.NEGATIVE_INFINITY;
  /** Windows before this one are counted and gone. */
  #firstOpen = Number.NEGATIVE_INFINITY;
  #most = 0;
  #late = 0;

  constructor(windowMs: number) {
    this.#partMs = windowMs / PARTS;
  }

  /** Calls that came after their windows were closed. */
  get late(): number {
    return this.#late;
  }

  add(atMs: number, hasPassed: boolean): void {
    const part = Math.floor(atMs / this.#partMs);
    const window = windowOf(part);
    // Invariant: a closed window's successor takes no more calls, since stretches that begin in the one end in the other.
    if (window <= this.#firstOpen) {
      this.#late += 1;
      return;
    }
    const count = this.#parts.get(part) ?? { passed: 0, all: 0 };
    this.#parts.set(part, { passed: count.passed + (hasPassed ? 1 : 0), all: count.all + 1 });
    if (window > this.#newest) {
      this.#newest = window;
      this.#closeBefore(window - OPEN_WINDOWS);
    }
  }

  /** The figures of all calls; nothing may be added afterwards. */
  end(): WindowFigures {
    this.#closeBefore(Number.POSITIVE_INFINITY);
    // Security: a call that came too late may have been in the fullest window.
    return { windows: this.#windows, most: this.#most + this.#late };
  }

  #closeBefore(end: number): void {
    const closing = [...this.#parts.keys()].filter((part) => windowOf(part) < end);
    const passed = new Map<number, number>();
    for (const part of closing) {
      const window = windowOf(part);
      passed.set(window, (passed.get(window) ?? 0) + (this.#parts.get(part)?.passed ?? 0));
      this.#most = Math.max(this.#most, this.#stretchFrom(part));
    }
    for (const part of closing) this.#parts.delete(part);
    for (const calls of passed.values()) {
      if (calls > 0) this.#windows.set(calls, (this.#windows.get(calls) ?? 0) + 1);
    }
    if (Number.isFinite(end)) this.#firstOpen = end;
  }

  /** Calls in the parts that a stretch which begins in this part can reach. */
  #stretchFrom(first: number): number {
    let calls = 0;
    for (let part = first; part <= first + PARTS; part += 1) calls += this.#parts.get(part)?.all ?? 0;
    return calls;
  }
}

function windowOf(part: number): number {
  return Math.floor(part / PARTS);
}

/** The figures of several agents together: the windows of each count on their own. */
export function mergeFigures(figures: readonly WindowFigures[]): WindowFigures {
  const windows = new Map<number, number>();
  for (const each of figures) {
    for (const [calls, number] of each.windows) windows.set(calls, (windows.get(calls) ?? 0) + number);
  }
  return { windows, most: Math.max(0, ...figures.map(({ most }) => most)) };
}

/** The least number of calls that `share` of the windows do not exceed; 0 without windows. */
export function percentile({ windows }: WindowFigures, share: number): number {
  const sorted = [...windows].toSorted(([one], [other]) => one - other);
  const total = sorted.reduce((sum, [, number]) => sum + number, 0);
  let seen = 0;
  for (const [calls, number] of sorted) {
    seen += number;
    if (seen >= share * total) return calls;
  }
  return 0;
}
