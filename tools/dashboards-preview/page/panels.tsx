/** The panels of the boards, drawn by @grafana/ui: time series, stat, table. */

import {
  cacheFieldDisplayNames,
  type DataFrame,
  FieldConfigProperty,
  type FieldDisplay,
  getDisplayValueAlignmentFactors,
  getFieldDisplayValues,
  getFieldSeriesColor,
  type GrafanaTheme2,
  identityOverrideProcessor,
  PanelPlugin,
  type PanelProps,
} from "@grafana/data";
import {
  BigValue,
  type BigValueColorMode,
  type BigValueGraphMode,
  type BigValueTextMode,
  TimeSeries,
  type UPlotConfigBuilder,
  useTheme2,
  VizRepeater,
} from "@grafana/ui";
import { TableNG } from "@grafana/ui/unstable";
import { sceneUtils } from "@grafana/scenes";
import { drawMarks, marksOf } from "./marks.ts";

/** Panel options as the boards write them. */
interface Options {
  readonly legend: never;
  readonly reduceOptions: never;
  readonly graphMode: BigValueGraphMode;
  readonly colorMode: BigValueColorMode;
  readonly textMode: BigValueTextMode;
  readonly orientation: never;
  readonly cellHeight: never;
  readonly sortBy: never;
}

const TIME_SERIES_OPTIONS = [
  "drawStyle",
  "lineInterpolation",
  "lineWidth",
  "lineStyle",
  "fillOpacity",
  "gradientMode",
  "showPoints",
  "pointSize",
  "stacking",
  "axisPlacement",
  "axisLabel",
  "axisColorMode",
  "axisBorderShow",
  "axisCenteredZero",
  "scaleDistribution",
  "hideFrom",
  "thresholdsStyle",
  "spanNulls",
  "barAlignment",
  "barWidthFactor",
  "insertNulls",
  "axisSoftMin",
  "axisSoftMax",
  "axisGridShow",
  "axisWidth",
];
const TABLE_OPTIONS = [
  "align",
  "width",
  "minWidth",
  "cellOptions",
  "wrapText",
  "inspect",
  "filterable",
  "hideFrom",
];
const DEFAULTS: Readonly<Record<string, unknown>> = {
  drawStyle: "line",
  lineInterpolation: "linear",
  pointSize: 5,
  axisPlacement: "auto",
  axisColorMode: "text",
  scaleDistribution: { type: "linear" },
  hideFrom: { viz: false, legend: false, tooltip: false },
  spanNulls: false,
  cellOptions: { type: "auto" },
  align: "auto",
};

export function registerPanels(): void {
  sceneUtils.registerRuntimePanelPlugin({
    pluginId: "timeseries",
    plugin: plugin(Graph, TIME_SERIES_OPTIONS),
  });
  sceneUtils.registerRuntimePanelPlugin({ pluginId: "stat", plugin: plugin(Stat, []) });
  sceneUtils.registerRuntimePanelPlugin({ pluginId: "table", plugin: plugin(Table, TABLE_OPTIONS) });
}

function plugin(
  panel: React.ComponentType<PanelProps<Options>>,
  custom: readonly string[],
): PanelPlugin<Options> {
  return new PanelPlugin<Options>(panel).useFieldConfig({
    standardOptions: {
      [FieldConfigProperty.Color]: { settings: { byValueSupport: true, bySeriesSupport: true } },
    },
    useCustomConfig: (builder) => {
      for (const name of custom) {
        builder.addCustomEditor({
          id: name,
          path: name,
          name,
          editor: () => null,
          override: () => null,
          process: identityOverrideProcessor,
          shouldApply: () => true,
          defaultValue: DEFAULTS[name],
        } as never);
      }
    },
  });
}

function Nothing({ fieldConfig, width, height }: PanelProps<Options>) {
  const text = fieldConfig.defaults.noValue ?? "No data";
  return <div style={{ width, height, display: "grid", placeItems: "center", opacity: 0.7 }}>{text}</div>;
}

function Graph(props: PanelProps<Options>) {
  const { data, width, height, timeRange, timeZone, options, fieldConfig } = props;
  const theme = useTheme2();
  cacheFieldDisplayNames(data.series);
  if (data.series.length === 0) return <Nothing {...props} />;
  const marks = marksOf(data);
  const prepare = (builder: UPlotConfigBuilder) => {
    builder.setPadding(ROOM_FOR_LAST_TICK);
    drawMarks(builder, marks, theme);
    return null;
  };
  return (
    <TimeSeries
      key={marks.map(({ time }) => time).join()}
      frames={data.series.map((frame) => settled(frame, theme))}
      structureRev={data.structureRev ?? 1}
      timeRange={timeRange}
      timeZone={timeZone}
      width={width}
      height={height}
      legend={options.legend}
      options={{ fieldConfig, marks }}
    >
      {prepare}
    </TimeSeries>
  );
}

const ROOM_FOR_LAST_TICK: [number, number, number, number] = [8, 26, 0, 0];

/** Colours chosen by series name are set before series are joined, because joining removes the names. */
function settled(frame: DataFrame, theme: GrafanaTheme2): DataFrame {
  const fields = frame.fields.map((field) => {
    if (field.config.color?.mode !== "palette-classic-by-name") return field;
    const fixedColor = getFieldSeriesColor(field, theme).color;
    return { ...field, config: { ...field.config, color: { mode: "fixed", fixedColor } } };
  });
  return { ...frame, fields };
}

function Stat(props: PanelProps<Options>) {
  const { data, width, height, options, fieldConfig, replaceVariables, timeZone, renderCounter } = props;
  const theme = useTheme2();
  const getValues = (): FieldDisplay[] =>
    getFieldDisplayValues({
      fieldConfig,
      reduceOptions: options.reduceOptions,
      replaceVariables,
      theme,
      data: data.series,
      sparkline: options.graphMode !== "none",
      timeZone,
    });
  return (
    <VizRepeater
      getValues={getValues}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      source={data}
      width={width}
      height={height}
      renderCounter={renderCounter}
      orientation={options.orientation}
      autoGrid={true}
      renderValue={({ value: { display, sparkline }, alignmentFactors, width, height, count }) => (
        <BigValue
          value={display}
          count={count}
          sparkline={sparkline}
          colorMode={options.colorMode}
          graphMode={options.graphMode}
          textMode={options.textMode}
          alignmentFactors={alignmentFactors}
          width={width}
          height={height}
          theme={theme}
        />
      )}
    />
  );
}

function Table(props: PanelProps<Options>) {
  const { data, width, height, options, fieldConfig, timeRange } = props;
  cacheFieldDisplayNames(data.series);
  const [frame] = data.series;
  if (frame === undefined || frame.length === 0) return <Nothing {...props} />;
  return (
    <TableNG
      data={frame}
      width={width}
      height={height}
      cellHeight={options.cellHeight}
      initialSortBy={options.sortBy}
      fieldConfig={fieldConfig}
      timeRange={timeRange}
      enableVirtualization={false}
    />
  );
}
