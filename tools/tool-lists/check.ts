/**
 * Installs the servers of the ready policies at their recorded versions, starts them, and compares what they offer
 * with the recorded lists: `node tools/tool-lists/check.ts [name ...]`.
 */

import { readToolList, TOOL_LISTS, type ToolList } from "../../test/fixtures/tool-list.ts";
import { compareTools } from "./compare.ts";
import { installServer } from "./install.ts";
import { listLiveTools } from "./live-tools.ts";

/** Bound of the whole run, even when a registry or a server does not respond. */
const DEADLINE_MS = 25 * 60_000;
const AT_ONCE = 2;

interface Row {
  readonly name: string;
  readonly list: ToolList;
  readonly tools: string;
  /** `same`, `recorded only`, or the differences. */
  readonly result: string;
  readonly seconds: number;
}

async function check(name: string, signal: AbortSignal): Promise<Row> {
  const list = readToolList(name);
  const startedMs = performance.now();
  const row = (tools: string, result: string): Row => ({
    name,
    list,
    tools,
    result,
    seconds: Math.round((performance.now() - startedMs) / 1_000),
  });
  if (list.registry === undefined) return row(String(list.tools.length), "recorded only");
  try {
    await using installed = await installServer(list, signal);
    const live = await listLiveTools(installed, signal);
    const differences = compareTools(list.tools, live);
    return row(String(live.length), differences.length === 0 ? "same" : differences.join("; "));
  } catch (error) {
    return row("-", `failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function checkAll(names: readonly string[], signal: AbortSignal): Promise<Row[]> {
  const waiting = names.values();
  const rows: Row[] = [];
  const work = async (): Promise<void> => {
    for (const name of waiting) rows.push(await check(name, signal));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return rows.toSorted((one, other) => one.name.localeCompare(other.name));
}

function print(rows: readonly Row[]): void {
  const cells = rows.map(({ name, list, tools, seconds, result }) => {
    const server = list.registry === undefined ? list.server : `${list.registry}:${list.server}`;
    return [name, server, list.version, tools, `${seconds} s`, result];
  });
  const table = [["policy", "server", "version", "tools", "time", "result"], ...cells];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0)));
  for (const line of table) {
    const padded = line.map((cell, column) => cell.padEnd(widths?.[column] ?? 0));
    process.stdout.write(`${padded.join("  ").trimEnd()}\n`);
  }
}

const wanted = process.argv.slice(2);
const strangers = wanted.filter((name) => !TOOL_LISTS.includes(name));
if (strangers.length > 0) throw new Error(`no recorded list: ${strangers.join(", ")}`);
const rows = await checkAll(wanted.length > 0 ? wanted : TOOL_LISTS, AbortSignal.timeout(DEADLINE_MS));
print(rows);
const wrong = rows.filter(({ result }) => result !== "same" && result !== "recorded only");
const live = rows.filter(({ result }) => result === "same").length;
process.stdout.write(
  `${live} same, ${wrong.length} different, ${rows.length - live - wrong.length} recorded only\n`,
);
// A server may leave child processes that would keep this process alive.
process.exit(wrong.length > 0 ? 1 : 0);
