/** Telemetry changes no decision: every story of the corpus with it and without it, call by call. */

import { describe, expect, it } from "vitest";
import type { StoryCall } from "../../src/commands/corpus/story.ts";
import {
  LIST_TOOLS,
  type LiveStory,
  loadStory,
  messageOf,
  sendAs,
  startStory,
  STORY_FILES,
} from "../fixtures/corpus.ts";
import { NO_TELEMETRY } from "../fixtures/no-telemetry.ts";

/** Status and response, without the random ids of decisions and approvals. */
async function send({ sidecar }: LiveStory, message: string, call: Partial<StoryCall>): Promise<string> {
  const response = await sendAs(call, sidecar, message);
  const text = await response.text();
  return `${response.status} ${text.replaceAll(/[0-9a-f]{8}-[0-9a-z]+/g, "ID").replaceAll(/(Approval: |"approval_id":")[\w-]{12}/g, "$1ID")}`;
}

describe("the corpus with telemetry and without it", () => {
  it.each(STORY_FILES)("%s", async (file) => {
    const story = loadStory(file);
    const observed = await startStory(file, story);
    const alone = await startStory(file, story, () => Promise.resolve(NO_TELEMETRY));
    const given: string[] = [];
    const without: string[] = [];
    const ask = async (message: string, call: Partial<StoryCall>): Promise<void> => {
      for (const side of [observed, alone]) side.setClock(call.at ?? 0);
      given.push(await send(observed, message, call));
      without.push(await send(alone, message, call));
    };
    await ask(LIST_TOOLS, {});
    for (const call of story.calls) {
      for (let time = 0; time < (call.times ?? 1); time += 1) await ask(messageOf(call), call);
    }
    expect(without).toEqual(given);
    expect(alone.passed).toEqual(observed.passed);
    expect(observed.sidecar.audit().length).toBeGreaterThan(0);
    expect(await alone.sidecar.metrics()).toBe("");
  });
});
