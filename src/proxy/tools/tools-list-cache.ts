/** Caches the last tools/list result as filtered for each view: servers repeat the same list, which need not be parsed again. */

import { Buffer, isUtf8 } from "node:buffer";

import type { ToolView } from "../../policy/tool-view.ts";
import { isJsonObject, JsonNumber } from "../../json/json.ts";
import { readJson } from "../../json/read-json.ts";
import { memberText, setMember } from "../../json/edit-json.ts";

/** Longest message without its result: the other members, with an id of 256 escaped characters. */
const MAX_ENVELOPE_LENGTH = 4_096;
/** Filtered forms of one result; the oldest is made again. */
const MAX_VIEWS = 64;
const RESULT_NAME = '"result":';
/** Stands in for the result while the rest of the message is parsed. A number, since numbers have no escapes. */
const PLACEHOLDER = "73e-73";

/** A message whose list is cached. */
export interface CachedList {
  /** The filtered message, in chunks. */
  readonly chunks: readonly Buffer[];
  /** The message with an empty list of tools; everything else is unchanged. */
  readonly emptied: string;
}

interface FilteredResult {
  readonly text: string;
  readonly bytes: Buffer;
}

export class ToolsListCache {
  /** The minified result; empty when none is cached. */
  #result = "";
  #resultBytes = Buffer.alloc(0);
  /** The result without its tools. */
  #emptied = "";
  readonly #filtered = new Map<ToolView | undefined, FilteredResult>();

  /** Stores a parsed message with its filtered form for `view`. */
  store(minified: string, view: ToolView | undefined, filteredText: string): void {
    const result = memberText(minified, ["result"]) ?? "";
    if (result !== this.#result) this.#setResult(result);
    const text = memberText(filteredText, ["result"]) ?? "";
    this.#filtered.set(view, { text, bytes: Buffer.from(text) });
    const [oldest] = this.#filtered.keys();
    if (this.#filtered.size > MAX_VIEWS) this.#filtered.delete(oldest);
  }

  /** Drops everything: policies or categories may have changed. */
  clear(): void {
    this.#setResult("");
  }

  /**
   * The filtered message, when its result is the cached one; undefined otherwise.
   * Security: everything around the cached result is parsed as strictly as any message.
   */
  filterCached(text: string, view: ToolView | undefined): string | undefined {
    const filtered = this.#filtered.get(view);
    if (filtered === undefined || text.length - this.#result.length > MAX_ENVELOPE_LENGTH) return undefined;
    const start = text.slice(0, MAX_ENVELOPE_LENGTH).indexOf(RESULT_NAME) + RESULT_NAME.length;
    if (!text.startsWith(this.#result, start)) return undefined;
    const [before, after] = [text.slice(0, start), text.slice(start + this.#result.length)];
    return isEnvelope(before, after) ? before + filtered.text + after : undefined;
  }

  /** As `lookup`, for a message in chunks; decodes only the bytes around the result. */
  lookupBytes(body: readonly Buffer[], view: ToolView | undefined): CachedList | undefined {
    const filtered = this.#filtered.get(view);
    const [first] = body;
    if (filtered === undefined || first === undefined) return undefined;
    const start = first.subarray(0, MAX_ENVELOPE_LENGTH).indexOf(RESULT_NAME) + RESULT_NAME.length;
    const before = first.subarray(0, start);
    const after = bytesAfter(body, start, this.#resultBytes);
    // Security: invalid UTF-8 would be replaced by decoding, so such a message must not pass unparsed.
    if (after === undefined || !isUtf8(before) || !isUtf8(after)) return undefined;
    const [head, tail] = [before.toString("utf8"), after.toString("utf8")];
    if (!isEnvelope(head, tail)) return undefined;
    return { chunks: [before, filtered.bytes, after], emptied: head + this.#emptied + tail };
  }

  #setResult(result: string): void {
    this.#filtered.clear();
    this.#result = result;
    this.#resultBytes = Buffer.from(result);
    this.#emptied = setMember(result, ["tools"], "[]");
  }
}

/** The bytes after `known`, which must begin at `start` of the first chunk; undefined when other bytes stand there. */
function bytesAfter(chunks: readonly Buffer[], start: number, known: Buffer): Buffer | undefined {
  const rest: Buffer[] = [];
  let restBytes = 0;
  // Offset of the chunk within `known`; negative before its start.
  let at = -start;
  for (const chunk of chunks) {
    const from = Math.max(0, -at);
    const to = Math.max(0, Math.min(chunk.length, known.length - at));
    if (from < to && chunk.compare(known, at + from, at + to, from, to) !== 0) return undefined;
    rest.push(chunk.subarray(to));
    restBytes += chunk.length - to;
    if (restBytes > MAX_ENVELOPE_LENGTH) return undefined;
    at += chunk.length;
  }
  return at < known.length ? undefined : Buffer.concat(rest);
}

/** Whether the message is valid and the part between the two is its result. */
function isEnvelope(before: string, after: string): boolean {
  if (before.includes(PLACEHOLDER) || after.includes(PLACEHOLDER)) return false;
  const envelope = readJson(before + PLACEHOLDER + after);
  if (!envelope.ok || !isJsonObject(envelope.value)) return false;
  const result = envelope.value.get("result");
  return result instanceof JsonNumber && result.token === PLACEHOLDER;
}
