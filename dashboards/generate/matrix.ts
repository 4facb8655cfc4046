/** The matrix of agents and tools, one cell for each pair. */

import { TableCellHeight, TableSortByFieldStateBuilder } from "@grafana/grafana-foundation-sdk/common";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/table";
import { NEUTRAL } from "./colours.ts";
import { applyPanelOptions, type PanelOptions, singleColour } from "./panel.ts";
import { heatmapCells, type Link } from "./table.ts";

export interface MatrixOptions extends PanelOptions {
  readonly row: string;
  /** Title of the column that names the rows. */
  readonly rowTitle: string;
  readonly column: string;
  readonly colour?: string;
  /** Link of a cell. */
  readonly link: Link;
}

/** Draws one query whose values have the labels of row and column; a column's name is a tool's name. */
export function matrix(options: MatrixOptions): PanelBuilder {
  const { row, rowTitle, column, colour = NEUTRAL, link } = options;
  return applyPanelOptions(new PanelBuilder(), options)
    .cellHeight(TableCellHeight.Md)
    .thresholds(singleColour("text"))
    .sortBy([new TableSortByFieldStateBuilder().displayName(rowTitle).desc(false)])
    .transformations([
      {
        id: "groupingToMatrix",
        options: { columnField: column, rowField: row, valueField: "Value", emptyValue: "null" },
      },
    ])
    .overrideByFieldType("number", [
      { id: "links", value: [{ ...link, targetBlank: false }] },
      { id: "custom.align", value: "center" },
      { id: "custom.minWidth", value: 190 },
      { id: "noValue", value: "·" },
      { id: "min", value: 0 },
      ...heatmapCells(colour),
    ])
    .overrideByName(`${row}\\${column}`, [
      { id: "displayName", value: rowTitle },
      { id: "custom.width", value: 220 },
    ]);
}
