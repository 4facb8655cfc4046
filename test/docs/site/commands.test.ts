/** Every `tollgate` command line of the documentation has a command and flags that the program knows. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { knownCommands } from "../../../src/commands/completion/vocabulary.ts";
import { codeBlocks } from "../../../tools/site/markdown.ts";
import { readPages, ROOT } from "../../../tools/site/navigation.ts";

const README = { path: "README.md", markdown: readFileSync(join(ROOT, "README.md"), "utf8") };
/** The changelog and decisions tell of commands at their time. */
const PAGES = [README, ...readPages().filter(({ path }) => !/^CHANGELOG|decisions\/0/.test(path))];
const COMMANDS = knownCommands();

/** Words of a line as a shell has them, up to a pipe, a redirection or the command of the server. */
function wordsOf(line: string): string[] {
  const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain ?? "",
  );
  const end = words.findIndex((word) => /^(?:--|\||>|>>|<|&&|;|#|\\)$/.test(word));
  return end < 0 ? words : words.slice(0, end);
}

/** The command and the flags, among the words after `tollgate`, that the program does not know. */
function faultsOf(words: readonly string[]): string[] {
  const named = COMMANDS.filter(({ path }) => path.every((word, index) => words[index] === word));
  const command = named.toSorted((one, other) => other.path.length - one.path.length)[0];
  if (command === undefined) return ["no command"];
  const next = words[command.path.length];
  const isCommandMissing =
    command.subcommands.length > 0 &&
    next !== undefined &&
    /^[a-z][a-z|-]*$/.test(next) &&
    !isNamed(next, command.subcommands);
  const flags = words.flatMap((word) => /^(--?[a-z][a-z-]*)/.exec(word)?.[1] ?? []);
  const unknown = flags.filter(
    (flag) =>
      !["--version", "-h"].includes(flag) && !new RegExp(`(?<![\\w-])${flag}(?![\\w-])`).test(command.help),
  );
  return [
    ...(isCommandMissing ? [`no command ${next}`] : []),
    ...(command.help === "" ? [] : unknown.filter((flag) => flag !== "--help")),
  ];
}

function isNamed(word: string, names: readonly string[]): boolean {
  return word.split("|").every((each) => names.includes(each));
}

interface Line {
  readonly place: string;
  readonly words: readonly string[];
}

const BEGINNING = /^(?:\$ )?(?:sudo )?(?:tollgate|npm start --|npx mcp-tollgate|npm run demo --)(?= |$) ?/;

/** The command lines in code blocks, and in code within sentences. */
function linesOf(path: string, markdown: string): Line[] {
  const shown = codeBlocks(markdown)
    .filter(({ language }) => ["", "sh", "bash", "console", "shell"].includes(language))
    .flatMap(({ text, line }) =>
      text
        .replaceAll(/\\\n\s*/g, " ")
        .split("\n")
        .map((each) => ({ line, text: each })),
    );
  const inText = [...markdown.replaceAll(/^```.*?^```/gms, "").matchAll(/`(tollgate [^`\n]+)`/g)].map(
    ([, text = ""]) => ({
      line: 0,
      text,
    }),
  );
  return [...shown, ...inText].flatMap(({ line, text }) =>
    text
      .split(/ (?:&&|\|) /)
      .map((each) => each.trim())
      .filter((each) => BEGINNING.test(each) && !each.startsWith("npm run demo"))
      .map((each) => ({ place: `${path}:${line}: ${each}`, words: wordsOf(each.replace(BEGINNING, "")) })),
  );
}

const LINES = PAGES.flatMap(({ path, markdown }) => linesOf(path, markdown));

describe("the commands of the documentation", () => {
  it("are known to the program, with their flags", () => {
    const faults = LINES.map(({ place, words }) => [place, ...faultsOf(words)]).filter(
      ({ length }) => length > 1,
    );
    expect(faults).toEqual([]);
    expect(LINES.length).toBeGreaterThan(100);
  });

  it("are known with their flags where a client starts them", () => {
    const clients = PAGES.flatMap(({ path, markdown }) =>
      codeBlocks(markdown)
        .filter(({ text }) => /"command": "tollgate"/.test(text))
        .map(({ text }) => ({
          path,
          args: [...text.matchAll(/"args": (\[[^\]]*\])/g)].map(([, json = ""]) => json),
        })),
    );
    expect(clients.length).toBeGreaterThan(2);
    for (const { path, args } of clients)
      for (const json of args) {
        const words: string[] = JSON.parse(json);
        expect([path, ...faultsOf(words.slice(0, words.indexOf("--")))]).toEqual([path]);
      }
  });

  it.each([
    ["tollgate polcy check x", "no command polcy"],
    ["tollgate policy chek x", "no command chek"],
    ["tollgate policy check x --formt json", "--formt"],
    ["tollgate --upstream URL --polcy x -- node --polcy", "--polcy"],
    ["tollgate audit query --audit x --agnet y", "--agnet"],
  ])("are faulty when they are %s", (line, fault) => {
    expect(faultsOf(wordsOf(line.replace(BEGINNING, "")))).toEqual([fault]);
  });
});
