/** A board: its rows on the grid, its variables, annotations and links to the other boards. */

import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  type DashboardLink,
  DashboardLinkBuilder,
  DashboardLinkType,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { annotations } from "./annotations.ts";
import type { GridRow } from "./panel.ts";
import { placeLabels } from "./place.ts";
import type { Variable } from "./variables.ts";

export interface BoardOptions {
  readonly name: BoardName;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly Variable[];
  readonly rows: readonly GridRow[];
}

/** Boards by name. The name is the file name and, after `tollgate-`, the uid in links. */
export const BOARDS = {
  overview: "Overview",
  fleet: "Fleet",
  agents: "Agents and Execute tools",
  tool: "Tool",
  denials: "Denials and policy",
  sidecar: "Sidecar",
} as const;
export type BoardName = keyof typeof BOARDS;

export function uidOf(name: BoardName): string {
  return `tollgate-${name}`;
}

export function board({ name, title, description, variables, rows }: BoardOptions): Dashboard {
  const builder = new DashboardBuilder(`Tollgate / ${title}`)
    .uid(uidOf(name))
    .description(description)
    .tags(["tollgate", "mcp"])
    .timezone("browser")
    .editable()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: "now-1h", to: "now" })
    .refresh("30s")
    .variables([...variables])
    .annotations(annotations().map(showControl))
    .links(linksFrom(name).map(showControl));
  for (const panel of placeRows(rows)) builder.withPanel(panel);
  return builder.build();
}

/** URL of another board at the same time, with these variables besides the shared ones. */
export function boardUrl(name: BoardName, variables: Readonly<Record<string, string>>): string {
  const kept = ["datasource", ...placeLabels(), "server"]
    .filter((variable) => variables[variable] === undefined)
    .map((variable) => `\${${variable}:queryparam}`);
  const set = Object.entries(variables).map(([variable, value]) => `var-${variable}=${value}`);
  return `/d/${uidOf(name)}?${["${__url_time_range}", ...kept, ...set].join("&")}`;
}

/** The value of a cell in the same row, URL-encoded. */
export function cellValue(title: string): string {
  return `\${__data.fields["${title}"]:percentencode}`;
}

function linksFrom(own: BoardName): Builder<DashboardLink>[] {
  const others = Object.entries(BOARDS).filter(([name]) => name !== own);
  return others.map(([name, title]) =>
    new DashboardLinkBuilder(title)
      .type(DashboardLinkType.Link)
      .icon("dashboard")
      .tooltip(`Tollgate / ${title}`)
      .url(`/d/tollgate-${name}`)
      .includeVars(true)
      .keepTime(true),
  );
}

/** The SDK sets a placement that hides the control in a menu; this removes it. */
function showControl<T extends { placement?: unknown }>(builder: Builder<T>): Builder<T> {
  return {
    build: () => {
      const built = builder.build();
      delete built.placement;
      return built;
    },
  };
}

function placeRows(rows: readonly GridRow[]) {
  let [id, y] = [0, 0];
  return rows.flatMap(({ height, panels }) => {
    let x = 0;
    const row = panels.map(([width, panel]) => {
      panel.id((id += 1));
      panel.gridPos({ x, y, w: width, h: height });
      x += width;
      return panel;
    });
    y += height;
    return row;
  });
}
