/** Tables with readable column names, sorting and links. */

import { TableCellHeight, TableSortByFieldStateBuilder } from "@grafana/grafana-foundation-sdk/common";
import type { DynamicConfigValue } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/table";
import { BROKEN, DENIED, type Thresholds, NEUTRAL } from "./colours.ts";
import { applyPanelOptions, type PanelOptions, singleColour } from "./panel.ts";
import { groupingLabels, placeLabels, titleOf } from "./place.ts";

/** `bar` compares the cells of a column, `signal` shows thresholds, `wrapped` uses as many lines as it needs. */
type Look = "text" | "wrapped" | "bar" | "signal";

export interface Column {
  /** A label, or the letter of the query with the value. */
  readonly of: string;
  readonly title: string;
  readonly unit?: string;
  readonly decimals?: number;
  readonly look?: Look;
  readonly colour?: string;
  readonly limits?: Thresholds;
  readonly width?: number;
  readonly link?: Link;
  /** Words for single values: `{ "1": "up" }`. */
  readonly words?: Readonly<Record<string, string>>;
}

export interface Link {
  readonly title: string;
  readonly url: string;
}

export interface TableOptions extends PanelOptions {
  readonly columns: readonly Column[];
  /** Title of the column that rows are sorted by, largest first. */
  readonly sortBy: string;
  /** Title of the column that sorts rows of equal value, in the same direction. */
  readonly thenBy?: string;
  /** Sorts smallest first. */
  readonly isAscending?: boolean;
  /** Letters of queries that only select rows. */
  readonly hidden?: readonly string[];
}

/** A column for each label of the grouping; empty where no series has the label. */
export function groupingColumns(): readonly Column[] {
  return groupingLabels().map(columnOf);
}

/** A column for each label of the place: the grouping and the namespace. */
export function placeColumns(): readonly Column[] {
  return placeLabels().map(columnOf);
}

function columnOf(label: string): Column {
  return { of: label, title: titleOf(label), width: 110 };
}

/** One row for each set of labels; values of queries with equal labels share a row. */
export function table(options: TableOptions): PanelBuilder {
  const { columns, sortBy, thenBy, isAscending = false, hidden = [] } = options;
  const sorting = [sortBy, ...(thenBy === undefined ? [] : [thenBy])];
  const builder = applyPanelOptions(new PanelBuilder(), options)
    .cellHeight(TableCellHeight.Sm)
    .thresholds(singleColour("text"))
    .sortBy(sorting.map((title) => new TableSortByFieldStateBuilder().displayName(title).desc(!isAscending)))
    .transformations([{ id: "merge", options: {} }, organize(columns, hidden)]);
  for (const column of columns) builder.overrideByName(column.title, propertiesOf(column));
  return builder;
}

function organize(columns: readonly Column[], hidden: readonly string[]) {
  const named = columns.flatMap((column, index) =>
    fieldsOf(column.of).map((field) => ({ field, title: column.title, index })),
  );
  const excluded = ["Time", ...hidden.flatMap(fieldsOf)];
  return {
    id: "organize",
    options: {
      excludeByName: Object.fromEntries(excluded.map((field) => [field, true])),
      indexByName: Object.fromEntries(named.map(({ field, index }) => [field, index])),
      renameByName: Object.fromEntries(named.map(({ field, title }) => [field, title])),
    },
  };
}

/** Grafana names the value of a single query `Value`, those of several `Value #A` and so on. */
function fieldsOf(of: string): readonly string[] {
  if (!/^[A-Z]$/.test(of)) return [of];
  return of === "A" ? ["Value #A", "Value"] : [`Value #${of}`];
}

function propertiesOf(column: Column): DynamicConfigValue[] {
  const { unit, decimals, width, link, words } = column;
  return [
    { id: "noValue", value: "·" },
    ...(unit === undefined ? [] : [{ id: "unit", value: unit }]),
    ...(decimals === undefined ? [] : [{ id: "decimals", value: decimals }]),
    ...(width === undefined ? [] : [{ id: "custom.width", value: width }]),
    ...(link === undefined ? [] : [{ id: "links", value: [{ ...link, targetBlank: false }] }]),
    ...(words === undefined
      ? []
      : [{ id: "mappings", value: [{ type: "value", options: valueMappings(words) }] }]),
    ...lookOf(column),
  ];
}

function valueMappings(words: Readonly<Record<string, string>>) {
  return Object.fromEntries(Object.entries(words).map(([value, text]) => [value, { text }]));
}

function lookOf({ look = "text", colour = NEUTRAL, limits }: Column): DynamicConfigValue[] {
  if (look === "bar") {
    return [
      { id: "custom.cellOptions", value: { type: "gauge", mode: "basic", valueDisplayMode: "text" } },
      { id: "color", value: { mode: "fixed", fixedColor: colour } },
      { id: "min", value: 0 },
    ];
  }
  if (look === "wrapped") return WRAPPED;
  if (look === "text" || limits === undefined) return [];
  return [
    { id: "custom.cellOptions", value: { type: "color-text" } },
    { id: "thresholds", value: { mode: "absolute", steps: stepsOf(limits) } },
  ];
}

/** Grafana 10 and 11 read the first property, 12 and later the second. */
const WRAPPED: DynamicConfigValue[] = [
  { id: "custom.cellOptions", value: { type: "auto", wrapText: true } },
  { id: "custom.wrapText", value: true },
];

function stepsOf({ warn, bad }: Thresholds) {
  return [
    { value: null, color: "text" },
    { value: warn, color: DENIED },
    { value: bad, color: BROKEN },
  ];
}

/** Shades cells by their share of the largest cell; empty cells are transparent. */
export function heatmapCells(colour: string): DynamicConfigValue[] {
  const shades = [0.01, 15, 40, 75].map((value, index) => ({
    value,
    color: `${["super-light-", "light-", "semi-dark-", "dark-"][index]}${colour}`,
  }));
  return [
    { id: "custom.cellOptions", value: { type: "color-background", mode: "basic" } },
    {
      id: "thresholds",
      value: { mode: "percentage", steps: [{ value: null, color: "transparent" }, ...shades] },
    },
    { id: "color", value: { mode: "thresholds" } },
  ];
}
