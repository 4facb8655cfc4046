/** Compares rows with a filter before any is decoded. */

import type { DecisionFilter, TimeRange } from "../decision-filter.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { codeOf, LISTS, OFFSETS } from "./row.ts";

export type RowFilter = (row: Buffer) => boolean;

/** The same as `matchesFilter`, for the row of an entry, and within the range of times. */
export function createRowFilter(filter: DecisionFilter, { sinceMs, untilMs }: TimeRange): RowFilter {
  const codes = [
    wantedCode("category", filter.category),
    wantedCode("effect", filter.effect),
    wantedCode("reason", filter.reason),
  ].filter((wanted) => wanted !== undefined);
  const [agent, user, tool] = [filter.agent, filter.user, filter.tool].map(wantedBytes);
  const hasText = agent !== undefined || user !== undefined || tool !== undefined;
  return (row) => {
    const receivedAtMs = row.readDoubleLE(OFFSETS.receivedAtMs);
    if (sinceMs !== undefined && receivedAtMs < sinceMs) return false;
    if (untilMs !== undefined && receivedAtMs >= untilMs) return false;
    for (const { offset, code } of codes) if (row[offset] !== code) return false;
    if (!hasText) return true;
    const reader = new ByteReader(row, OFFSETS.texts);
    return takesText(reader, agent) && takesText(reader, user) && takesText(reader, tool);
  };
}

interface WantedCode {
  readonly offset: number;
  readonly code: number;
}

/** No row has the code of a value that is in no list. */
const NO_CODE = -1;

function wantedCode(
  name: "category" | "effect" | "reason",
  wanted: string | undefined,
): WantedCode | undefined {
  if (wanted === undefined) return undefined;
  const code = codeOf<string>(LISTS[name], wanted);
  return { offset: OFFSETS[name], code: code === 0 ? NO_CODE : code };
}

function wantedBytes(wanted: string | undefined): Buffer | undefined {
  if (wanted === undefined) return undefined;
  const writer = new ByteWriter();
  writer.text(wanted);
  return writer.written();
}

function takesText(reader: ByteReader, wanted: Buffer | undefined): boolean {
  if (wanted !== undefined) return reader.takes(wanted);
  reader.skip();
  return true;
}
