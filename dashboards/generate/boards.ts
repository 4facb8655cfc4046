/** Every board, as the text of its file. */

import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { AGENTS } from "./agents.ts";
import { type BoardName } from "./board.ts";
import { DENIALS_BOARD } from "./denials.ts";
import { OVERVIEW } from "./overview.ts";
import { SIDECAR } from "./sidecar.ts";
import { TOOL } from "./tool.ts";

const BUILT: Readonly<Record<BoardName, Dashboard>> = {
  overview: OVERVIEW,
  agents: AGENTS,
  tool: TOOL,
  denials: DENIALS_BOARD,
  sidecar: SIDECAR,
};

/** The text of each board, by its file name in `dashboards/`. */
export function boardFiles(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(BUILT).map(([name, board]) => [`${name}.json`, `${JSON.stringify(board, null, 2)}\n`]),
  );
}
