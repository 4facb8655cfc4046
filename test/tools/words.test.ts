/** The lint of words: what it finds in comments, titles, strings and Markdown, and what it lets pass. */

import { describe, expect, it } from "vitest";
import { describeFindings, findWords } from "../../tools/words/find-words.ts";

const namesIn = (path: string, text: string): readonly string[] =>
  findWords(path, text).map(({ pattern }) => pattern.name);

describe("the lint of words", () => {
  it.each([
    ["who has no ear for SIGHUP is ended by it", ["who, as a subject", "ear for"]],
    ["a counter that is born at 1 hides its first event", ["born"]],
    ["hears of every question that the store gave no answer to", ["hears"]],
    ["the only place where we have a word to say as well", ["has a say"]],
    [
      "what it does not take is let go of and counted, and nobody waits",
      ["what, as a subject", "lets go of", "nobody"],
    ],
    ["Who leaves early has had enough.", ["who, as a subject", "had enough"]],
    ["hidden in earnest", ["in earnest"]],
    ["Limits hang on the agent, by proof", ["hangs on", "by proof"]],
    ["Tollgate guards the door that it stands in", ["the door"]],
    ["Reckoned, not measured", ["reckoned"]],
    ["Nobody becomes anonymous by showing something wrong", ["nobody"]],
    ["What does not parse is counted.", ["what, as a subject"]],
    ["Invariant: who is slow is cut.", ["who, as a subject"]],
    ["The client leaves; what was charged is released.", ["what, as a subject"]],
    ["Whoever has the token may\n// be told of it.", ["whoever", "is told"]],
    ["It goes\n// by the name, for good.", ["goes by", "for good"]],
  ])("finds the riddles of the comment %j", (comment, names) => {
    expect(namesIn("src/a.ts", `// ${comment}\n`)).toEqual(names);
  });

  it.each([
    "Install the SIGHUP handler before reporting ready; the default action kills the process.",
    "Initialise counters to 0, or increase() misses the first event.",
    "Called on each store failure.",
    "Server-initiated streams; Tollgate may insert tools/list_changed.",
    "Non-blocking: drops and counts lines when the pipe is full.",
    "Ignore a scraper that disconnects.",
    "Limits are counted per authenticated agent",
    "A bad credential is refused with 401; the caller is never treated as anonymous",
    "Which agents called which tools, and who was denied? What was frozen?",
    "Says who decided and what was asked.",
    "A caller who sends `nobody hears` in code.",
  ])("lets pass the plain words of %j", (comment) => {
    expect(namesIn("src/a.ts", `/** ${comment} */\n`)).toEqual([]);
  });

  it("reads titles of tests and no other string of a test", () => {
    const titled =
      'it("drops what nobody reads", f); it.each([1])(`tells whoever asks ${x}`, f); describe("what it drops", f);';
    expect(namesIn("test/a.test.ts", titled)).toEqual(["nobody", "whoever", "what, as a subject"]);
    expect(namesIn("test/a.test.ts", 'expect(text).toContain("nobody reads the lines");')).toEqual([]);
  });

  it("reads strings of three words or more outside the tests, after a pattern and inside a template too", () => {
    const code = 'const a = /["`]/.test(b) ? `${c ? `${d} born at 0` : "x"} and nobody waits` : "nobody";';
    expect(namesIn("src/a.ts", code)).toEqual(["born", "nobody"]);
  });

  it("reads paragraphs, items and cells of Markdown, and neither code nor the address of a link", () => {
    const text = [
      "# What a denied agent sees",
      "| what it means | a pipe that nobody reads |",
      "Plain words. What is",
      "denied is counted.",
      "- Who leaves cancels it",
      "```sh\nnobody hears\n```",
      "[a page](docs/nobody.md) and `nobody`.",
    ].join("\n\n");
    const findings = findWords("docs/a.md", text).map(({ line, found }) => `${line} ${found}`);
    expect(findings).toEqual(["3 nobody", "5 What", "9 Who"]);
  });

  it("says where a finding stands and what to write instead", () => {
    expect(describeFindings("src/unclean.ts", "// One\n// that nobody reads.\n")).toEqual([
      'src/unclean.ts:2: "nobody" (nobody): say instead: no caller, no client; or say what is absent',
    ]);
    expect(describeFindings("src/clean.ts", "// No client reads this.\n")).toEqual([]);
  });
});
