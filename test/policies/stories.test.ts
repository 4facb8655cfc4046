/** The stories in test/corpus/policies: calls to the servers of the ready policies, and the expected decisions. */

import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { describeCall, playStory } from "../../src/commands/corpus/play.ts";
import type { Story } from "../../src/commands/corpus/story.ts";
import { readPolicyFile } from "../../src/config/files/policy-file.ts";
import { loadStory } from "../fixtures/corpus.ts";

const FOLDER = new URL("../corpus/policies/", import.meta.url);
const FILES = readdirSync(FOLDER);

function load(file: string): Story {
  return loadStory(`policies/${file}`);
}

function play(file: string) {
  const story = load(file);
  if (typeof story.policy !== "string") throw new Error(`${file}: policy must be the path of a file`);
  const read = readPolicyFile(fileURLToPath(new URL(story.policy, FOLDER)));
  if (!read.ok) throw new Error(read.problems.join("\n"));
  return Array.from(playStory(story, read.policy));
}

it.each(FILES)("%s", (file) => {
  const wrong = play(file).filter(({ differences }) => differences.length > 0);
  expect(wrong.map(({ call, differences }) => [describeCall(call), ...differences].join("; "))).toEqual([]);
});

it.each(FILES)("%s has at least six decisions, with both allowed and denied calls", (file) => {
  const { calls } = load(file);
  expect(calls.length).toBeGreaterThanOrEqual(6);
  const effects = new Set(calls.map(({ expect: { effect } }) => effect));
  expect(effects).toContain("allow");
  expect(effects).toContain("deny");
});
