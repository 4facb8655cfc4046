/** What a scrape gets: OpenMetrics as the registries write it, or the text format derived from it. */

import type { AnyFamily } from "./families.ts";

export type Format = "openmetrics" | "text";

export interface Exposition {
  readonly contentType: string;
  readonly body: string;
}

const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  text: "text/plain; version=0.0.4; charset=utf-8",
};

/** OpenMetrics when `Accept` prefers it to plain text; plain text otherwise. */
export function chooseFormat(accept: string | undefined): Format {
  const openMetrics = qualityOf(accept, ["application/openmetrics-text"]);
  const text = qualityOf(accept, ["text/plain", "text/*", "*/*"]);
  return openMetrics > 0 && openMetrics >= text ? "openmetrics" : "text";
}

/** Every family as OpenMetrics blocks; the event loop turns between two pages, so that no scrape delays a call. */
export async function renderBlocks(
  families: readonly AnyFamily[],
  lastBlock: () => Promise<string>,
): Promise<readonly string[]> {
  const blocks: string[] = [];
  const pace = createPace();
  for (const family of families) {
    for await (const block of family.render()) {
      blocks.push(block);
      await pace(block.length);
    }
  }
  blocks.push(await lastBlock());
  return blocks;
}

export async function compose(blocks: readonly string[], format: Format): Promise<Exposition> {
  const contentType = CONTENT_TYPES[format];
  if (format === "openmetrics") return { contentType, body: `${blocks.join("\n")}\n# EOF\n` };
  const converted: string[] = [];
  const pace = createPace();
  for (const block of blocks) {
    converted.push(textOf(block));
    await pace(block.length);
  }
  return { contentType, body: `${converted.join("\n")}\n` };
}

/** One OpenMetrics block in the text format: counters named with `_total` in HELP and TYPE, no exemplars. */
export function textOf(block: string): string {
  // Most blocks are later pages of a family, and have neither.
  const renamed = block.startsWith("# ") ? renameCounters(block) : block;
  return renamed.includes("# {trace_id=") ? renamed.replaceAll(EXEMPLAR, "") : renamed;
}

function renameCounters(block: string): string {
  const counters = new Set(Array.from(block.matchAll(COUNTER), ([, name]) => name));
  return block.replaceAll(COMMENT, (line, kind, name, rest) =>
    counters.has(name) ? `# ${kind} ${name}_total ${rest}` : line,
  );
}

const COUNTER = /^# TYPE (\S+) counter$/gm;
const COMMENT = /^# (HELP|TYPE) (\S+) (.*)$/gm;
/** Ours alone, at the end of a line: a label value cannot pass for one, since its closing quote would follow. */
const EXEMPLAR = / # \{trace_id="[0-9a-f]{32}"\} [0-9.e+-]+ [0-9.e+-]+$/gm;

/** Characters that are written before the event loop turns: about a millisecond's worth. */
const TURN_LENGTH = 65_536;

function createPace(): (written: number) => Promise<void> {
  let sinceTurn = 0;
  return async (written) => {
    sinceTurn += written;
    if (sinceTurn < TURN_LENGTH) return;
    sinceTurn = 0;
    await new Promise((resolve) => setImmediate(resolve));
  };
}

/** The highest q that one of the media types has in an `Accept` header; 0 when none is in it. */
function qualityOf(accept: string | undefined, types: readonly string[]): number {
  const qualities = (accept ?? "").split(",").map((range) => {
    const [type = "", ...parameters] = range.toLowerCase().split(";");
    if (!types.includes(type.trim())) return 0;
    const quality = parameters.map((parameter) => parameter.trim()).find((text) => text.startsWith("q="));
    return quality === undefined ? 1 : Number(quality.slice(2)) || 0;
  });
  return Math.max(...qualities);
}
