/** Graphs: values over time, with a legend that is a table of figures. */

import {
  AxisPlacement,
  GraphGradientMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { FieldColorBuilder, FieldColorModeId } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import type { Thresholds } from "./colours.ts";
import { applyPanelOptions, type PanelOptions, thresholds } from "./panel.ts";

export interface GraphOptions extends PanelOptions {
  /** Stacks series that add up to a whole. */
  readonly isStacked?: boolean;
  /** Colours by series name; other series get a colour derived from their name, the same on every board. */
  readonly colours?: Readonly<Record<string, string>>;
  /** Thresholds, drawn as horizontal lines. */
  readonly limits?: Thresholds;
  /** Series drawn dashed, to compare the others with. */
  readonly dashed?: readonly string[];
  readonly max?: number;
  /** Upper end of the axis while all values are smaller. */
  readonly softMax?: number;
  /** Figures in the legend after the latest value; `mean` and `max` by default. */
  readonly figures?: readonly string[];
  /** Puts the legend beside the graph, where more than three series fit. */
  readonly isLegendBeside?: boolean;
}

/** Lines, from 0 upwards. */
export function graph(options: GraphOptions): PanelBuilder {
  const { isStacked = false, colours = {}, limits, dashed = [], max, softMax } = options;
  const builder = applyPanelOptions(new PanelBuilder(), options)
    .min(0)
    .lineWidth(isStacked ? 1 : 2)
    .fillOpacity(isStacked ? 60 : 8)
    .gradientMode(GraphGradientMode.None)
    .showPoints(VisibilityMode.Never)
    .axisPlacement(AxisPlacement.Auto)
    .stacking(new StackingConfigBuilder().mode(isStacked ? StackingMode.Normal : StackingMode.None))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName))
    // oxlint-disable-next-line unicorn/no-array-sort -- no array
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .legend(legendOf(options));
  if (max !== undefined) builder.max(max);
  if (softMax !== undefined) builder.axisSoftMax(softMax);
  if (limits !== undefined) drawLimits(builder, limits);
  for (const [name, color] of Object.entries(colours)) {
    builder.overrideByName(name, [{ id: "color", value: { mode: "fixed", fixedColor: color } }]);
  }
  for (const name of dashed) builder.overrideByName(name, DASHED);
  return builder;
}

const DASHED = [
  { id: "custom.lineStyle", value: { fill: "dash", dash: [8, 6] } },
  { id: "custom.fillOpacity", value: 0 },
];

function drawLimits(builder: PanelBuilder, limits: Thresholds): void {
  builder
    .thresholds(thresholds(limits))
    .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
}

function legendOf({
  isLegendBeside = false,
  figures = isLegendBeside ? ["max"] : ["mean", "max"],
}: GraphOptions): VizLegendOptionsBuilder {
  return new VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.Table)
    .placement(isLegendBeside ? LegendPlacement.Right : LegendPlacement.Bottom)
    .showLegend(true)
    .calcs([...figures, "lastNotNull"])
    .sortBy("Last *")
    .sortDesc(true);
}
