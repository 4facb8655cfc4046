/** A runbook is of use at night: there is one for each alert, and what it tells to type exists. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readAlerts } from "../../tools/alerts/rule-files.ts";
import { listRunbooks, readRunbook, RUNBOOKS_FOLDER } from "../../tools/alerts/runbook.ts";
import { FLAGS } from "../../src/config/settings/flags.ts";
import { labelsOf, matchersOf, metricsOf } from "./expression.ts";

const ROOT = join(import.meta.dirname, "../..");
const NAMES = [...new Set(readAlerts().map(({ alert }) => alert))];
const ADMIN = readdirSync(join(ROOT, "src/admin"))
  .filter((file) => file.endsWith(".ts"))
  .map((file) => readFileSync(join(ROOT, "src/admin", file), "utf8"))
  .join("\n");
const OTHER_PROGRAMS = ["kubectl", "grep", "df", "ls"];

/** Why the command cannot be typed; undefined when it can. */
function faultOf(command: string): string | undefined {
  const [program = "", ...words] = command.split(" ");
  if (program === "tollgate") return faultOfTollgate(words);
  if (program === "curl") return faultOfCurl(command);
  if (program === "amtool") return command.startsWith("amtool silence add ") ? undefined : "is no silence";
  return OTHER_PROGRAMS.includes(program) ? undefined : `${program} is not known here`;
}

function faultOfTollgate(words: readonly string[]): string | undefined {
  const [group = "", command = "", ...rest] = words;
  const file = join(ROOT, `src/commands/${group}/${command}.ts`);
  if (!existsSync(file)) return `tollgate ${group} ${command} is no command`;
  const source = readFileSync(file, "utf8");
  return rest.find((word) => word.startsWith("--") && !source.includes(word));
}

function faultOfCurl(command: string): string | undefined {
  const path = /127\.0\.0\.1:9464(\/\w+)/.exec(command)?.[1];
  return path === undefined || ADMIN.includes(`app.get("${path}"`) ? undefined : `${path} is not served`;
}

describe("the runbooks", () => {
  it("are one for each alert, and no others", () => {
    expect(listRunbooks().toSorted()).toEqual(NAMES.toSorted());
  });

  describe.each(NAMES)("%s", (name) => {
    const { meaning, chapters, queries, commands, text } = readRunbook(name);

    it("says what it means, what to look at, what to do and how to silence it", () => {
      expect(meaning).toMatch(/^[A-Z`].*\.$/);
      expect(chapters).toEqual(["What it means", "Look first", "What to do", "Silence it rightly"]);
      expect(queries.length).toBeGreaterThan(0);
      expect(commands).toContainEqual(
        expect.stringMatching(new RegExp(`^amtool silence add alertname=${name} `)),
      );
    });

    it("asks for metrics and labels that there are", () => {
      expect(queries.flatMap(metricsOf).filter((metric) => labelsOf(metric) === undefined)).toEqual([]);
      const matchers = queries.flatMap(matchersOf);
      expect(matchers.filter(({ metric, label }) => labelsOf(metric)?.includes(label) !== true)).toEqual([]);
    });

    it("tells to type what can be typed", () => {
      const inline = [...text.matchAll(/`(tollgate [a-z][^`]*)`/g)].map(([, command = ""]) => command);
      expect([...commands, ...inline].map(faultOf).filter(Boolean)).toEqual([]);
      const flags = [...text.matchAll(/`--([\w-]+)/g)].map(([, flag]) => flag);
      const known: readonly string[] = FLAGS.map((flag) => flag.name);
      expect(flags.filter((flag) => !known.includes(flag ?? ""))).toEqual([]);
    });

    it("links to pages that are there", () => {
      const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link = ""]) => link);
      expect(links.filter((link) => !existsSync(join(RUNBOOKS_FOLDER, link)))).toEqual([]);
    });
  });

  it.each([
    "tollgate policy unheard",
    "tollgate policy check FILE --unheard",
    "curl -s http://127.0.0.1:9464/unheard",
    "amtool alert",
    "unheard",
  ])("would not tell to type %s", (command) => {
    expect(faultOf(command)).toBeTypeOf("string");
  });
});
