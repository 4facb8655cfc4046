/** Compares a recorded list of tools with a live one: names, arguments, and required arguments. */

import type { RecordedTool } from "../../test/fixtures/tool-list.ts";

export type ComparedTool = Pick<RecordedTool, "name" | "inputSchema">;

/** Returns one entry for each difference; empty when both lists agree. */
export function compareTools(recorded: readonly ComparedTool[], live: readonly ComparedTool[]): string[] {
  const now = new Map(live.map((tool) => [tool.name, tool]));
  const before = new Set(recorded.map((tool) => tool.name));
  return [
    ...recorded.filter(({ name }) => !now.has(name)).map(({ name }) => `${name} is gone`),
    ...live.filter(({ name }) => !before.has(name)).map(({ name }) => `${name} is new`),
    ...recorded.flatMap((tool) => {
      const other = now.get(tool.name);
      return other === undefined ? [] : compareArguments(tool, other);
    }),
  ];
}

function compareArguments(recorded: ComparedTool, live: ComparedTool): string[] {
  const differences = [
    ["arguments", namesOf(recorded), namesOf(live)],
    ["required", requiredOf(recorded), requiredOf(live)],
  ] as const;
  return differences
    .filter(([, was, is]) => was !== is)
    .map(([what, was, is]) => `${recorded.name}: ${what} were ${was}, are ${is}`);
}

function namesOf({ inputSchema }: ComparedTool): string {
  return Object.keys(inputSchema.properties ?? {})
    .toSorted()
    .join(" ");
}

function requiredOf({ inputSchema }: ComparedTool): string {
  return (inputSchema.required ?? []).toSorted().join(" ");
}
