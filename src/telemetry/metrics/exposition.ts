/** The response to a scrape: every family, written in slices, then the process metrics. */

import { CONTENT_TYPES, type Format, type TextFormat } from "./exposition-format.ts";
import type { ProcessFamily } from "./protobuf/process-families.ts";
import type { AnyFamily } from "./registry.ts";

export interface Exposition {
  readonly contentType: string;
  /** Whole lines, or bytes of protocol buffers; writing one piece takes a fraction of a millisecond. */
  readonly pieces: readonly (string | Uint8Array)[];
  /** All pieces joined, with a character for each byte of protocol buffers; megabytes with many series. */
  readonly body: string;
}

/** Where the metrics of the process come from. */
export interface ProcessSource {
  /** As OpenMetrics. */
  readonly text: () => Promise<string>;
  readonly families: () => Promise<readonly ProcessFamily[]>;
}

/** Writes all families, and yields to the event loop between slices, so that a scrape delays no call. */
export async function renderExposition(
  families: readonly AnyFamily[],
  format: Format,
  process: ProcessSource,
): Promise<Exposition> {
  if (format !== "protobuf") return exposition(format, await renderText(families, format, process.text));
  // Read at the first such scrape: most sidecars have none.
  const { renderProtobuf } = await import("./protobuf/exposition.ts");
  return exposition(format, await renderProtobuf(families, process.families));
}

function exposition(format: Format, pieces: Exposition["pieces"]): Exposition {
  return {
    contentType: CONTENT_TYPES[format],
    pieces,
    get body() {
      return pieces
        .map((piece) => (typeof piece === "string" ? piece : Buffer.from(piece).toString("latin1")))
        .join("");
    },
  };
}

/** `lastBlock` returns OpenMetrics. */
async function renderText(
  families: readonly AnyFamily[],
  format: TextFormat,
  lastBlock: () => Promise<string>,
): Promise<readonly string[]> {
  const pieces: string[] = [];
  const yieldAfter = createYield();
  for (const family of families) {
    for (const block of family.render(format)) {
      pieces.push(`${block}\n`);
      await yieldAfter(block.length);
    }
  }
  const last = await lastBlock();
  pieces.push(`${format === "openmetrics" ? `${last}\n# EOF` : toTextFormat(last)}\n`);
  return pieces;
}

/** Converts OpenMetrics without exemplars to the text format, which names counters with `_total` in HELP and TYPE. */
export function toTextFormat(block: string): string {
  const counters = new Set(Array.from(block.matchAll(COUNTER), ([, name]) => name));
  return block.replaceAll(COMMENT, (line, kind, name, rest) =>
    counters.has(name) ? `# ${kind} ${name}_total ${rest}` : line,
  );
}

const COUNTER = /^# TYPE (\S+) counter$/gm;
const COMMENT = /^# (HELP|TYPE) (\S+) (.*)$/gm;

/** Characters written before yielding to the event loop: well under a millisecond of work. */
const TURN_LENGTH = 65_536;

function createYield(): (written: number) => Promise<void> | undefined {
  let sinceYield = 0;
  return (written) => {
    sinceYield += written;
    if (sinceYield < TURN_LENGTH) return undefined;
    sinceYield = 0;
    return new Promise((resolve) => setImmediate(resolve));
  };
}
