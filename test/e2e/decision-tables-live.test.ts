/** The tables of decisions through one live sidecar: the same decisions as those of the pure core. */

import { expect, it } from "vitest";
import { describeCall } from "../../src/commands/corpus/play.ts";
import type { StoryCall } from "../../src/commands/corpus/story.ts";
import { LIST_TOOLS, type LiveStory, messageOf, sendAs, startStory } from "../fixtures/corpus.ts";
import { storyOf, TABLES } from "../fixtures/decision-tables/all.ts";
import type { DecisionTable } from "../fixtures/decision-tables/table.ts";

const LIVE = TABLES.filter(({ isPureOnly }) => isPureOnly !== true);
const ORDERED = LIVE.filter(({ isOrdered }) => isOrdered === true);
const UNORDERED = LIVE.filter(({ isOrdered }) => isOrdered !== true).map(sampled);

/** Calls of a large table differ in the place of the argument alone: every fifth is made live. */
function sampled(table: DecisionTable): DecisionTable {
  if (table.cases.length < 500) return table;
  return { ...table, cases: table.cases.filter((_, index) => index % 5 === 0) };
}

/** Calls that are made at once. */
const AT_ONCE = 20;

async function makeCalls(
  { sidecar, setClock }: LiveStory,
  calls: readonly StoryCall[],
  atOnce: number,
): Promise<void> {
  for (let index = 0; index < calls.length; index += atOnce) {
    const batch = calls.slice(index, index + atOnce);
    setClock(batch[0]?.at ?? 0);
    await Promise.all(batch.map(async (call) => (await sendAs(call, sidecar, messageOf(call))).text()));
  }
}

/** Agent and tool or method, which name a call, and the decision. */
function lineOf(
  call: StoryCall | Record<string, unknown>,
  { effect, reason }: Record<string, unknown>,
): string {
  const { agent, tool, method } = Object(call);
  return [agent?.name ?? agent, tool ?? method, effect, reason].filter(Boolean).join(" ");
}

it("decides as the pure core does, for more than 1,500 calls", async () => {
  const whole = storyOf(LIVE);
  const story = { ...whole, tools: whole.tools ?? [] };
  const live = await startStory("tables.json", story);
  await (await sendAs({}, live.sidecar, LIST_TOOLS)).text();
  const before = live.sidecar.audit().length;
  const ordered = storyOf(ORDERED).calls;
  const unordered = storyOf(UNORDERED).calls;
  await makeCalls(live, ordered, 1);
  await makeCalls(live, unordered, AT_ONCE);
  const calls = [...ordered, ...unordered];
  const expected = calls.map((call) => lineOf(call, { ...call.expect }));
  const records = live.sidecar.audit().slice(before);
  const decided = records.map((record) => lineOf(record, record));
  expect(calls.length).toBeGreaterThan(1_500);
  const missing = calls.filter((call) => !decided.includes(lineOf(call, { ...call.expect })));
  expect(missing.map(describeCall)).toEqual([]);
  expect(decided.toSorted()).toEqual(expected.toSorted());
});
