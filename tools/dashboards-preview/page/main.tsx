/** The page: one board, chosen by the URL, `?board=overview&from=...&to=...&var-tool=...`. */

import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { createTheme, ThemeContext } from "@grafana/data";
import { registerRuntimeDataSource } from "@grafana/scenes";
import { GlobalStyles, LinkButton, PortalContainer } from "@grafana/ui";
import { createRoot } from "react-dom/client";
import { MemoryRouter } from "react-router-dom";
import { registerPanels } from "./panels.tsx";
import { PrometheusSource, SCENE } from "./prometheus-source.ts";
import { prepareRuntime } from "./runtime.ts";
import { sceneOf } from "./scene.tsx";

const source = new PrometheusSource();
prepareRuntime(source);
registerRuntimeDataSource({ dataSource: source });
registerPanels();

const asked = new URLSearchParams(location.search);
const chosen = Object.fromEntries(
  [...asked].filter(([name]) => name.startsWith("var-")).map(([name, value]) => [name.slice(4), value]),
);
const board: Dashboard = await (await fetch(`/boards/${asked.get("board")}.json`)).json();
const scene = sceneOf(board, { from: asked.get("from") ?? "now-5m", to: asked.get("to") ?? "now", chosen });
SCENE.vars = { __sceneObject: { value: { valueOf: () => scene }, text: "" } };

const theme = createTheme({ colors: { mode: asked.get("theme") === "light" ? "light" : "dark" } });
const root = document.createElement("div");
document.body.append(root);
createRoot(root).render(
  <ThemeContext.Provider value={theme}>
    <GlobalStyles />
    <MemoryRouter>
      <div style={{ background: theme.colors.background.canvas, padding: 16 }}>
        <div style={{ display: "flex", alignItems: "center", gap: 8, marginBottom: 8 }}>
          <h1 style={{ fontSize: 20, margin: 0, flexGrow: 1 }}>{board.title}</h1>
          {(board.links ?? []).map(({ title, url }) => (
            <LinkButton key={url} href={url} variant="secondary" fill="outline" size="sm" icon="apps">
              {title}
            </LinkButton>
          ))}
        </div>
        <scene.Component model={scene} />
      </div>
      <PortalContainer />
    </MemoryRouter>
  </ThemeContext.Provider>,
);
