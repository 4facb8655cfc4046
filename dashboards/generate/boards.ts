/** Every board, as the text of its file. */

import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { AGENTS } from "./agents.ts";
import { type BoardName } from "./board.ts";
import { DENIALS_BOARD } from "./denials.ts";
import { FLEET } from "./fleet.ts";
import { importForm } from "./import-form.ts";
import { OVERVIEW } from "./overview.ts";
import { SIDECAR } from "./sidecar.ts";
import { TOOL } from "./tool.ts";

const BUILT: Readonly<Record<BoardName, Dashboard>> = {
  overview: OVERVIEW,
  fleet: FLEET,
  agents: AGENTS,
  tool: TOOL,
  denials: DENIALS_BOARD,
  sidecar: SIDECAR,
};

/** The text of each board, by its file name in `dashboards/`. */
export function boardFiles(): ReadonlyMap<string, string> {
  return filesOf((board) => board);
}

/** The same boards for import by hand, by their file name in `deploy/grafana-import/`, where no provisioning finds a second board of the same uid. */
export function importFiles(): ReadonlyMap<string, string> {
  return filesOf(importForm);
}

function filesOf(formOf: (board: Dashboard) => object): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(BUILT).map(([name, board]) => [
      `${name}.json`,
      `${JSON.stringify(formOf(board), null, 2)}\n`,
    ]),
  );
}
