/** Every story of the corpus through the running sidecar and its HTTP relay, with the same outcome. */

import { describe, expect, it } from "vitest";
import { describeCall } from "../../src/commands/corpus/play.ts";
import type { StoryCall } from "../../src/commands/corpus/story.ts";
import { LIST_TOOLS, loadStory, messageOf, sendAs, startStory, STORY_FILES } from "../fixtures/corpus.ts";
import { askAdmin } from "../fixtures/post.ts";
import type { TestSidecar } from "../fixtures/start-sidecar.ts";

/** A session that two agents share: live it belongs to the first, and the second is refused before the policy decides. */
const SHARED_SESSION = { file: "limit-scopes.json", call: "session by b" };

/** The outcome of a call. For an approved call: after an operator has approved it, and it was repeated. */
async function outcomeOf(running: TestSidecar, call: StoryCall): Promise<Record<string, unknown>> {
  const outcome = await outcomeOnce(running, call);
  if (call.approved !== true || outcome["effect"] !== "ask") return outcome;
  const id = String(running.audit().at(-1)?.["approval"]);
  const approval = await askAdmin(`${running.adminUrl}/approvals/${id}/approve`, { by: "the story" });
  expect(approval.status).toBe(200);
  return outcomeOnce(running, call);
}

/** The outcome of a call by the audit log and the response. */
async function outcomeOnce(running: TestSidecar, call: StoryCall): Promise<Record<string, unknown>> {
  const before = running.audit().length;
  const answer = await (await sendAs(call, running, messageOf(call))).text();
  const record = running.audit()[before];
  const retry = /"retry_after_seconds":(\d+)/.exec(answer)?.[1];
  const { effect = "allow", reason, rule } = record ?? {};
  return { effect, reason, rule, answer, ...(retry !== undefined && { retry_after: Number(retry) }) };
}

function differences({ expect: expected }: StoryCall, outcome: Record<string, unknown>): string[] {
  const { message, retry_after: retry, ...words } = expected;
  const wrong: [string, unknown][] = Object.entries(words).filter(([key, wanted]) => outcome[key] !== wanted);
  const isSaid = expected.effect === "would_deny" || expected.effect === "allow";
  if (
    !isSaid &&
    message !== undefined &&
    !isUnknownTool(outcome) &&
    !String(outcome["answer"]).includes(message)
  ) {
    wrong.push(["message", message]);
  }
  if (!isSaid && retry !== undefined && outcome["retry_after"] !== Math.max(1, retry))
    wrong.push(["retry_after", retry]);
  return wrong.map(([key, wanted]) => `${key}: expected ${String(wanted)}, got ${String(outcome[key])}`);
}

/** The response for hidden and unlisted tools, which gives no reason. */
function isUnknownTool({ answer }: Record<string, unknown>): boolean {
  return String(answer).includes("Unknown tool: ");
}

describe("the corpus through the live proxy", () => {
  it("has stories", () => {
    expect(STORY_FILES.length).toBeGreaterThan(30);
  });

  // A call of the live server ends at once, with an answer of its own.
  const PLAYED = STORY_FILES.filter((file) =>
    loadStory(file).calls.every(({ lasts, answer }) => lasts === undefined && answer === undefined),
  );

  it.each(PLAYED)("%s", async (file) => {
    const story = loadStory(file);
    const { sidecar, setClock, setTools } = await startStory(file, story);
    const list = () => sendAs({}, sidecar, LIST_TOOLS);
    if (story.tools !== undefined) await list();
    const wrong: string[] = [];
    for (const call of story.calls) {
      setClock(call.at ?? 0);
      for (const description of call.changed === true ? ["as reviewed", "as changed"] : []) {
        setTools([{ name: call.tool ?? "", description }]);
        await list();
      }
      for (let time = 0; time < (call.times ?? 1); time += 1) {
        const found = differences(call, await outcomeOf(sidecar, call));
        const isShared = file === SHARED_SESSION.file && describeCall(call) === SHARED_SESSION.call;
        if (isShared) expect(found).toContain("reason: expected rate_limited, got invalid_message");
        else if (found.length > 0) wrong.push([describeCall(call), ...found].join("; "));
      }
    }
    expect(wrong).toEqual([]);
  });
});
