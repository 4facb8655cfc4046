/** Reads one decision from its row. */

import type { DecisionRecord } from "../../../enforcement/observer.ts";
import type { Decision } from "../../../policy/decision.ts";
import type { CapturedValues } from "../../audit/capture.ts";
import type { DecisionEntry } from "../decision-entry.ts";
import { ByteReader } from "./byte-reader.ts";
import { FLAGS, LISTS, OFFSETS } from "./row.ts";
import type { Words } from "./words.ts";

/** The id of the decision in the row. */
export function readId(row: Buffer): string {
  const reader = new ByteReader(row, OFFSETS.texts);
  for (let before = 0; before < 3; before += 1) reader.skip();
  return reader.text() ?? "";
}

export function readRow(row: Buffer, words: Words): DecisionEntry {
  const reader = new ByteReader(row, OFFSETS.texts);
  const text = () => reader.text();
  const agentName = text() ?? "";
  const user = text();
  const tool = text();
  const id = text() ?? "";
  const method = text() ?? "";
  const address = text();
  const client = clientOf(text(), text());
  const approval = text();
  const traceId = text();
  const generation = row.readUInt32LE(OFFSETS.generation);
  const word = () => readWord(reader, words, generation);
  const categoryReason = word();
  const policyDigest = word() ?? "";
  const argumentNames = listOf(reader.count(), () => text() ?? "");
  const charges = listOf(reader.count(), () => ({
    counter: word() ?? "",
    rule: word() ?? "",
    amount: reader.number(),
  }));
  const { captured, denial, unevaluable, argumentsCheck } = seldomOf(text());
  const flags = row[OFFSETS.flags] ?? 0;
  const outcome = valueAt(row, "outcome");
  return {
    id,
    time: new Date(row.readDoubleLE(OFFSETS.receivedAtMs)).toISOString(),
    agent: {
      name: agentName,
      source: valueAt(row, "source") ?? "none",
      verified: (flags & FLAGS.isVerified) !== 0,
    },
    ...(user !== undefined && { user }),
    ...(address !== undefined && { address }),
    ...(client && { client }),
    transport: (flags & FLAGS.isStdio) === 0 ? "http" : "stdio",
    method,
    ...(tool !== undefined && { tool, category: categoryOf(row, categoryReason) }),
    argumentNames,
    ...(captured && { captured }),
    effect: valueAt(row, "effect") ?? "deny",
    ...(denial && { denial }),
    unevaluable,
    ...(argumentsCheck && { argumentsCheck }),
    charges,
    policyDigest,
    ...(approval !== undefined && { approval }),
    ...(traceId !== undefined && { traceId }),
    ...(outcome !== undefined && { outcome, durationMs: row.readDoubleLE(OFFSETS.durationMs) }),
  };
}

function clientOf(name: string | undefined, version: string | undefined): DecisionEntry["client"] {
  return name === undefined || version === undefined ? undefined : { name, version };
}

function categoryOf(row: Buffer, reason: string | undefined): NonNullable<DecisionEntry["category"]> {
  return {
    category: valueAt(row, "category") ?? "unknown",
    source: valueAt(row, "categorySource") ?? "heuristic",
    confidence: row.readDoubleLE(OFFSETS.confidence),
    ...(reason !== undefined && { reason }),
  };
}

/** The value of a list that a byte of the row names. */
function valueAt<Name extends keyof typeof LISTS>(
  row: Buffer,
  name: Name,
): (typeof LISTS)[Name][number] | undefined {
  return LISTS[name][(row[OFFSETS[name]] ?? 0) - 1];
}

function readWord(reader: ByteReader, words: Words, generation: number): string | undefined {
  const code = reader.count();
  return code === 0 ? reader.text() : words.wordOf(generation, code);
}

interface Seldom {
  readonly captured?: CapturedValues;
  readonly denial?: NonNullable<DecisionRecord["decision"]["denial"]>;
  readonly unevaluable: Decision["unevaluable"];
  readonly argumentsCheck?: NonNullable<Decision["arguments"]>;
}

const NOTHING: Seldom = { unevaluable: [] };

function seldomOf(json: string | undefined): Seldom {
  if (json === undefined) return NOTHING;
  const parsed: Seldom = JSON.parse(json);
  return parsed;
}

function listOf<T>(length: number, read: () => T): readonly T[] {
  return Array.from({ length }, read);
}
