/** Every story in test/corpus against the pure core. */

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { describeCall, playStory } from "../../src/commands/corpus/play.ts";
import { readStory } from "../../src/commands/corpus/story.ts";
import { compilePolicy } from "../../src/policy/document/compile.ts";
import { parsePolicy } from "../../src/policy/document/document.ts";
import type { Json } from "../../src/json/json.ts";
import { readJson } from "../../src/json/read-json.ts";

const FOLDER = new URL("../corpus/", import.meta.url);

function read(file: string): Json {
  const reading = readJson(readFileSync(new URL(file, FOLDER), "utf8"));
  if (!reading.ok) throw new Error(`${file}: ${reading.detail} at ${reading.offset}`);
  return reading.value;
}

function load(file: string) {
  const reading = readStory(read(file));
  if (!reading.ok) throw new Error(`${file}: ${JSON.stringify(reading.problems)}`);
  const { story } = reading;
  const parsed = parsePolicy(story.policy);
  if (!parsed.ok) throw new Error(`${file}: ${JSON.stringify(parsed.problems)}`);
  return {
    story,
    policy: compilePolicy(parsed.document, { digest: file, ...(story.mode && { mode: story.mode }) }),
  };
}

const FILES = readdirSync(FOLDER).filter((file) => file.endsWith(".json"));

describe("the corpus", () => {
  it("has at least 150 decisions", () => {
    const decisions = FILES.flatMap((file) => {
      const { story, policy } = load(file);
      return Array.from(playStory(story, policy));
    });
    expect(decisions.length).toBeGreaterThanOrEqual(150);
  });

  it.each(FILES)("%s", (file) => {
    const { story, policy } = load(file);
    const wrong = Array.from(playStory(story, policy).filter(({ differences }) => differences.length > 0));
    expect(wrong.map(({ call, differences }) => [describeCall(call), ...differences].join("; "))).toEqual([]);
  });
});
