/** Builds a scene of @grafana/scenes from the JSON of a board. */

import type { Dashboard, Panel, VariableModel } from "@grafana/grafana-foundation-sdk/dashboard";
import {
  CustomVariable,
  dataLayers,
  DataSourceVariable,
  EmbeddedScene,
  QueryVariable,
  SceneControlsSpacer,
  SceneDataLayerSet,
  SceneDataTransformer,
  SceneGridItem,
  SceneGridLayout,
  SceneQueryRunner,
  SceneTimePicker,
  SceneTimeRange,
  type SceneVariable,
  SceneVariableSet,
  VariableValueSelectors,
  VizPanel,
} from "@grafana/scenes";

export interface Shown {
  readonly from: string;
  readonly to: string;
  /** Values chosen for variables, by name. */
  readonly chosen: Readonly<Record<string, string>>;
}

export function sceneOf(board: Dashboard, { from, to, chosen }: Shown): EmbeddedScene {
  const variables = (board.templating.list ?? []).map((variable) =>
    variableOf(variable, chosen[variable.name]),
  );
  const layers = (board.annotations.list ?? []).map(
    (query) =>
      new dataLayers.AnnotationsDataLayer({
        name: query.name,
        query: theirs(query),
        isEnabled: true,
        isHidden: false,
      }),
  );
  const children = (board.panels ?? []).filter(isPanel).map(itemOf);
  return new EmbeddedScene({
    $timeRange: new SceneTimeRange({ from, to }),
    $variables: new SceneVariableSet({ variables }),
    $data: new SceneDataLayerSet({ layers }),
    controls: [new VariableValueSelectors({}), new SceneControlsSpacer(), new SceneTimePicker({})],
    body: new SceneGridLayout({ children }),
  });
}

function variableOf(variable: VariableModel, chosen: string | undefined): SceneVariable {
  const { name, label, includeAll, allValue, multi, current } = variable;
  const [value, text] = [chosen ?? current?.value ?? "", chosen ?? current?.text ?? ""];
  const several = { name, label, includeAll, allValue, isMulti: multi, value, text };
  const query = String(variable.query);
  if (variable.type === "datasource") return new DataSourceVariable({ name, label, pluginId: query });
  if (variable.type === "custom") return new CustomVariable({ ...several, query });
  const { datasource, sort, refresh } = variable;
  const asked = { datasource, sort: theirs<never>(sort), refresh: theirs<never>(refresh) };
  return new QueryVariable({ ...several, ...asked, query: theirs(variable.query) });
}

function isPanel(panel: { type: string }): panel is Panel {
  return panel.type !== "row";
}

function itemOf({ gridPos, targets, datasource, transformations, ...panel }: Panel): SceneGridItem {
  const { x = 0, y = 0, w = 24, h = 8 } = gridPos ?? {};
  const { id, type, title, description, options, fieldConfig } = panel;
  const $data = new SceneDataTransformer({
    $data: new SceneQueryRunner({ queries: theirs(targets), datasource }),
    transformations: theirs<never[]>(transformations ?? []),
  });
  const look = { pluginId: type, title, description, options, fieldConfig: theirs<never>(fieldConfig) };
  const body = new VizPanel({ key: `panel-${id}`, ...look, $data });
  return new SceneGridItem({ x, y, width: w, height: h, body, isDraggable: false, isResizable: false });
}

/** @grafana/scenes and the SDK that writes the boards have different types for the same JSON. */
function theirs<T>(ours: unknown): T {
  return ours as T;
}
