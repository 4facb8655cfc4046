/** Writes one decision as a row. */

import type { DecisionRecord } from "../../../enforcement/observer.ts";
import { effectOf } from "../../../policy/decision.ts";
import type { ByteWriter } from "./byte-writer.ts";
import {
  codeOf,
  type Decided,
  FLAGS,
  LISTS,
  MAX_ARGUMENT_NAMES,
  MAX_NAME,
  type RowReferences,
} from "./row.ts";
import type { Words } from "./words.ts";

/** Writes the row in the order of `OFFSETS`, then its texts. */
export function writeRow(
  writer: ByteWriter,
  words: Words,
  decided: Decided,
  references: RowReferences,
): void {
  writeFixedPart(writer, decided, references);
  const { request, judgement, traceId } = decided;
  const { agent, client } = request;
  writer.text(truncated(agent.name));
  writer.text(agent.user);
  writer.text(optionalName(request.tool?.name));
  writer.text(request.id);
  writer.text(truncated(request.method));
  writer.text(request.address);
  writer.text(optionalName(client?.name));
  writer.text(optionalName(client?.version));
  writer.text(judgement.approval);
  writer.text(traceId);
  writeWord(writer, words, request.tool?.category.reason);
  writeWord(writer, words, judgement.policyDigest);
  writeArgumentNames(writer, request.args?.keys ?? []);
  writeCharges(writer, words, judgement.decision);
  writer.text(seldom(decided));
}

function writeFixedPart(
  writer: ByteWriter,
  { request, judgement, ending }: Decided,
  { generation, proof, args }: RowReferences,
): void {
  const { agent, tool } = request;
  const { denial } = judgement.decision;
  writer.number(request.receivedAtMs);
  writer.number(ending?.totalMs ?? 0);
  writer.byte(codeOf(LISTS.outcome, ending?.outcome));
  writer.byte(codeOf(LISTS.effect, effectOf(judgement.decision)));
  writer.byte(codeOf(LISTS.reason, denial?.reason));
  writer.byte(codeOf(LISTS.category, tool?.category.category));
  writer.byte(codeOf(LISTS.categorySource, tool?.category.source));
  writer.byte(codeOf(LISTS.source, agent.source));
  writer.byte(
    (request.transport === "stdio" ? FLAGS.isStdio : 0) |
      (agent.verified ? FLAGS.isVerified : 0) |
      (request.args === undefined ? 0 : FLAGS.hasArguments) |
      (args === undefined ? 0 : FLAGS.keepsArguments),
  );
  writer.number(tool?.category.confidence ?? 0);
  writer.number(args?.address ?? 0);
  writer.uint32(args?.length ?? 0);
  writer.uint32(generation);
  writer.uint32(proof);
}

function writeArgumentNames(writer: ByteWriter, keys: readonly string[]): void {
  const names = Math.min(keys.length, MAX_ARGUMENT_NAMES);
  writer.count(names);
  for (let index = 0; index < names; index += 1) writer.text(optionalName(keys[index]));
}

function writeCharges(writer: ByteWriter, words: Words, { charges }: DecisionRecord["decision"]): void {
  writer.count(charges.length);
  for (const { limit, amount } of charges) {
    writeWord(writer, words, limit.counter);
    writeWord(writer, words, limit.rule);
    writer.number(amount);
  }
}

/** A word's number, or 0 and its text. */
function writeWord(writer: ByteWriter, words: Words, word: string | undefined): void {
  const code = word === undefined ? 0 : words.codeOf(word);
  writer.count(code);
  if (code === 0) writer.text(word);
}

/** Parts that most decisions do not have, as JSON; undefined without any. */
function seldom({ judgement, captured }: Decided): string | undefined {
  const { denial, unevaluable, arguments: argumentsCheck } = judgement.decision;
  const has = captured ?? denial ?? argumentsCheck;
  if (has === undefined && unevaluable.length === 0) return undefined;
  return JSON.stringify({ captured, denial, unevaluable, argumentsCheck });
}

function optionalName(name: string | undefined): string | undefined {
  return name === undefined ? undefined : truncated(name);
}

function truncated(text: string): string {
  return text.length > MAX_NAME ? text.slice(0, MAX_NAME) : text;
}
