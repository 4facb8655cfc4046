import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { changes, judgementsBefore, judgementsNow, readerPage } from "../../tools/pages/reader-corpus.ts";

const PAGE = join(import.meta.dirname, "../../docs/reader-corpus.md");

it("knows the former judgement of every vector of the bypass corpus, and has a reason for each that changed", () => {
  const before = judgementsBefore();
  const now = judgementsNow();
  expect(Object.keys(before), "run npm run reader:corpus -- --before").toEqual(Object.keys(now));
  expect(changes(before, now).filter(({ reason }) => reason === undefined)).toEqual([]);
});

it("lists those vectors in docs/reader-corpus.md", () => {
  expect(readFileSync(PAGE, "utf8"), "run npm run reader:corpus").toBe(readerPage());
});

it("finds a vector that has become looser without a reason", () => {
  const now = judgementsNow();
  const [name = ""] = Object.keys(now).filter((each) => each.startsWith("duplicate keys"));
  expect(changes(now, { ...now, [name]: "passes as a call" })).toMatchObject([{ name, reason: undefined }]);
});
