/** Reads one page of docs/runbooks: its first line, chapters, queries and commands. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const RUNBOOKS_FOLDER = join(import.meta.dirname, "../../docs/runbooks");

export interface Runbook {
  /** The line under the title: the meaning of the alert. */
  readonly meaning: string;
  readonly chapters: readonly string[];
  /** PromQL, one query for each block. */
  readonly queries: readonly string[];
  /** Lines of the shell blocks. */
  readonly commands: readonly string[];
  readonly text: string;
}

/** @throws when there is no runbook for the alert. */
export function readRunbook(alert: string): Runbook {
  const text = readFileSync(join(RUNBOOKS_FOLDER, `${alert}.md`), "utf8");
  const [, meaning = ""] = /^# \w+\n\n(.+)\n/.exec(text) ?? [];
  return {
    meaning,
    chapters: [...text.matchAll(/^## (.+)$/gm)].map(([, title = ""]) => title),
    queries: [...text.matchAll(/```promql\n([\s\S]*?)\n```/g)].map(([, query = ""]) => query),
    commands: [...text.matchAll(/```sh\n([\s\S]*?)\n```/g)].flatMap(([, block = ""]) => block.split("\n")),
    text,
  };
}

/** Names of the alerts that have a runbook. */
export function listRunbooks(): readonly string[] {
  return readdirSync(RUNBOOKS_FOLDER).map((name) => name.replace(/\.md$/, ""));
}
