/** The cookbook: every policy of it is played against its cases, and is in the index. */

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { describeCall, playStory } from "../../src/commands/corpus/play.ts";
import { readStory } from "../../src/commands/corpus/story.ts";
import { readPolicyFile } from "../../src/config/files/policy-file.ts";
import { readJson } from "../../src/json/read-json.ts";

const FOLDER = new URL("../../policies/cookbook/", import.meta.url);
const INDEX = readFileSync(new URL("README.md", FOLDER), "utf8");
const filesIn = (folder: URL): string[] => readdirSync(folder).filter((file) => file.endsWith(".json"));
const FILES = filesIn(FOLDER);

function load(file: string) {
  const json = readJson(readFileSync(new URL(`cases/${file}`, FOLDER), "utf8"));
  if (!json.ok) throw new Error(json.detail);
  const read = readStory(json.value);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const loaded = readPolicyFile(fileURLToPath(new URL(file, FOLDER)));
  if (!loaded.ok) throw new Error(loaded.problems.join("\n"));
  return { story: read.story, policy: loaded.policy };
}

describe("the cookbook", () => {
  it("has at least 25 tasks, each with cases", () => {
    expect(FILES.length).toBeGreaterThanOrEqual(25);
    expect(filesIn(new URL("cases/", FOLDER))).toEqual(FILES);
  });

  it.each(FILES)("%s decides its cases as expected", (file) => {
    const { story, policy } = load(file);
    expect(story.policy).toBe(`../${file}`);
    const wrong = Array.from(playStory(story, policy).filter(({ differences }) => differences.length > 0));
    expect(wrong.map(({ call, differences }) => [describeCall(call), ...differences].join("; "))).toEqual([]);
  });

  it.each(FILES)("%s has at least four cases, and shows what it denies beside what it allows", (file) => {
    const { calls } = load(file).story;
    expect(calls.length).toBeGreaterThanOrEqual(4);
    const effects = new Set(calls.map(({ expect: { effect } }) => effect));
    expect(effects).toContain("allow");
    if (file !== "allow-all-but-watch.json") expect(effects.size).toBeGreaterThan(1);
  });

  it.each(FILES)("%s is in the index, with the words of its description", (file) => {
    const { document } = load(file).policy;
    expect(INDEX).toContain(`| ${document.description} | [\`${file}\`](${file}) | [cases](cases/${file}) |`);
  });

  it("has an index without other policies", () => {
    const listed = Array.from(INDEX.matchAll(/^\| .* \| \[`([\w-]+\.json)`\]/gm), ([, file]) => file);
    expect(listed.toSorted()).toEqual(FILES);
  });
});
