/** Every room of src has a README.md that says in a few lines what the room is for. */

import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../src");
const MOST_LINES = 10;

const FILES = globSync("**/*.ts", { cwd: ROOT });

/** Folders with more than one file, or with rooms below them. */
const ROOMS = [...new Set(FILES.flatMap(foldersOf))].filter((room) => entriesOf(room) > 1).toSorted();

function foldersOf(file: string): readonly string[] {
  const parts = file.split("/").slice(0, -1);
  return ["", ...parts.map((_part, index) => parts.slice(0, index + 1).join("/"))];
}

function entriesOf(room: string): number {
  const inside = FILES.filter((file) => room === "" || file.startsWith(`${room}/`));
  return new Set(inside.map((file) => file.slice(room === "" ? 0 : room.length + 1).split("/")[0])).size;
}

/** The faults of a README, one a line; empty when it has none. */
function faultsOf(room: string, text: string): readonly string[] {
  const lines = text.trimEnd().split("\n");
  const [first = ""] = lines.filter((line) => line !== "" && !line.startsWith("#"));
  const named = [...text.matchAll(/`([\w./*-]+\.ts)`/g)].map(([, name = ""]) => name);
  return [
    ...(lines.length > MOST_LINES ? [`has ${lines.length} lines, more than ${MOST_LINES}`] : []),
    ...(/^[A-Z`].*\./.test(first) ? [] : ["does not begin with a sentence"]),
    ...named.filter((name) => !exists(room, name)).map((name) => `names ${name}, which does not exist`),
  ];
}

/** Whether a name, or a pattern such as `replay-*.ts`, is found from the room, a folder above it, or the repository. */
function exists(room: string, name: string): boolean {
  const folders = ["..", ...foldersOf(`${room}/x`)];
  return folders.some((folder) => globSync(join(folder, name), { cwd: ROOT }).length > 0);
}

describe("the rooms of src", () => {
  it("have a README each", () => {
    const missing = ROOMS.filter((room) => !existsSync(join(ROOT, room, "README.md")));
    expect(missing).toEqual([]);
  });

  it(`have READMEs that begin with a sentence, have at most ${MOST_LINES} lines, and name files that exist`, () => {
    const readmes = globSync("**/README.md", { cwd: ROOT });
    const faults = readmes.flatMap((path) =>
      faultsOf(dirname(path), readFileSync(join(ROOT, path), "utf8")).map((f) => `${path}: ${f}`),
    );
    expect(faults).toEqual([]);
  });

  it.each([
    ["# json\n\nthe reader\n", ["does not begin with a sentence"]],
    [`# json\n\nReads JSON.\n${"More.\n".repeat(8)}`, ["has 11 lines, more than 10"]],
    ["Reads JSON. Start with `read-yaml.ts`.\n", ["names read-yaml.ts, which does not exist"]],
    ["# json\n\nReads JSON. Start with `read-json.ts`.\n", []],
  ])("finds the faults of the README %j", (text, faults) => {
    expect(faultsOf("json", text)).toEqual(faults);
  });
});
