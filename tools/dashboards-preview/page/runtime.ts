/** Provides the minimum of Grafana's runtime that its components require. */

import {
  EventBusSrv,
  getDefaultTimeRange,
  LoadingState,
  type PanelData,
  standardTransformers,
  standardTransformersRegistry,
} from "@grafana/data";
import { standardEditorsRegistry, standardFieldConfigEditorRegistry } from "@grafana/data";
import {
  setAppEvents,
  setDataSourceSrv,
  setEchoSrv,
  setPluginImportUtils,
  setRunRequest,
  setTemplateSrv,
} from "@grafana/runtime";
import { from, map } from "rxjs";
import { STANDARD_OPTIONS } from "./standard-options.ts";
import type { PrometheusSource } from "./prometheus-source.ts";

/** Must be called once before anything is drawn. */
export function prepareRuntime(source: PrometheusSource): void {
  const settings = {
    uid: source.uid,
    name: "Prometheus",
    type: "prometheus",
    meta: source.meta,
    isDefault: true,
  };
  setDataSourceSrv({
    get: () => Promise.resolve(source),
    getList: () => [settings],
    getInstanceSettings: () => settings,
    reload: () => undefined,
    registerRuntimeDataSource: () => undefined,
  } as never);
  setPluginImportUtils({
    importPanelPlugin: (id: string) => Promise.reject(new Error(`no panel plugin ${id}`)),
    getPanelPluginFromCache: () => undefined,
  });
  setAppEvents(new EventBusSrv());
  setEchoSrv({ addEvent: () => undefined, addBackend: () => undefined, flush: () => undefined });
  setRunRequest((api, request) =>
    from(Promise.resolve(api.query(request))).pipe(
      map((answer): PanelData => ({
        state: LoadingState.Done,
        series: "data" in answer ? answer.data : [],
        timeRange: request.range ?? getDefaultTimeRange(),
        request,
      })),
    ),
  );
  standardTransformersRegistry.setInit(
    () =>
      // Some transformations are registered under two names.
      [...new Set(Object.values(standardTransformers))].map((transformation) => ({
        id: transformation.id,
        name: transformation.name,
        transformation,
        editor: () => null,
        imageDark: "",
        imageLight: "",
      })) as never,
  );
  standardFieldConfigEditorRegistry.setInit(() => STANDARD_OPTIONS);
  standardEditorsRegistry.setInit(() => []);
  setTemplateSrv({
    getVariables: () => [],
    replace: (text = "") => text,
    containsTemplate: () => false,
    updateTimeRange: () => undefined,
  });
}
