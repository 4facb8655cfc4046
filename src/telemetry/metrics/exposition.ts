/** What a scrape gets: every family written in slices, and the process metrics after them. */

import { CONTENT_TYPES, type Format } from "./exposition-format.ts";
import type { AnyFamily } from "./registry.ts";

export interface Exposition {
  readonly contentType: string;
  /** Whole lines, so few in each that writing one takes a fraction of a millisecond. */
  readonly pieces: readonly string[];
  /** All of them; megabytes where there are many series. */
  readonly body: string;
}

/** Writes all families; the event loop turns between two slices, so that no scrape delays a call. `lastBlock` is in OpenMetrics. */
export async function renderExposition(
  families: readonly AnyFamily[],
  format: Format,
  lastBlock: () => Promise<string>,
): Promise<Exposition> {
  const pieces: string[] = [];
  const pace = createPace();
  for (const family of families) {
    for (const block of family.render(format)) {
      pieces.push(`${block}\n`);
      await pace(block.length);
    }
  }
  const last = await lastBlock();
  pieces.push(`${format === "openmetrics" ? `${last}\n# EOF` : toTextFormat(last)}\n`);
  return {
    contentType: CONTENT_TYPES[format],
    pieces,
    get body() {
      return pieces.join("");
    },
  };
}

/** OpenMetrics without exemplars in the text format: counters are named with `_total` in HELP and TYPE. */
export function toTextFormat(block: string): string {
  const counters = new Set(Array.from(block.matchAll(COUNTER), ([, name]) => name));
  return block.replaceAll(COMMENT, (line, kind, name, rest) =>
    counters.has(name) ? `# ${kind} ${name}_total ${rest}` : line,
  );
}

const COUNTER = /^# TYPE (\S+) counter$/gm;
const COMMENT = /^# (HELP|TYPE) (\S+) (.*)$/gm;

/** Characters that are written before the event loop turns: well under a millisecond's worth. */
const TURN_LENGTH = 65_536;

function createPace(): (written: number) => Promise<void> | undefined {
  let sinceTurn = 0;
  return (written) => {
    sinceTurn += written;
    if (sinceTurn < TURN_LENGTH) return undefined;
    sinceTurn = 0;
    return new Promise((resolve) => setImmediate(resolve));
  };
}
