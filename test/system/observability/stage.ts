/** The stage of the alert story: the demo's server, a sidecar, Prometheus, Alertmanager and a webhook, as docker-compose.yml has them. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { scaleRules } from "../../../tools/alerts/duration.ts";
import { readRuleFile, RULE_FILES } from "../../../tools/alerts/rule-files.ts";
import { startDemoServer } from "../../../src/commands/demo/server.ts";
import { freePorts } from "../../fixtures/free-port.ts";
import { until } from "../../fixtures/start-sidecar.ts";
import { flagsOf, ROOT } from "./compose-file.ts";
import { startProgram, startWebhook, type Webhook } from "./programs.ts";

/** A minute of the rules takes a second here. The tests of promtool prove the real durations. */
export const FASTER = 60;

export interface Stage {
  /** Where agents call. */
  readonly url: string;
  readonly adminUrl: string;
  readonly prometheusUrl: string;
  readonly webhook: Webhook;
  /** SIGKILL, as when a container is killed for its memory. */
  readonly killSidecar: () => Promise<void>;
  readonly startSidecar: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const COMPOSE_FOLDER = join(ROOT, "deploy/compose");
const MAIN = join(ROOT, "src/main.ts");
const END_WITH_PARENT = import.meta.resolve("../../fixtures/end-with-parent.ts");

export async function buildStage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-alerts-"));
  const [listen = 0, admin = 0, prometheusPort = 0, alertmanagerPort = 0] = await freePorts(4);
  const server = await startDemoServer();
  const webhook = await startWebhook();
  const sidecar = sidecarOn({ upstream: server.url, listen, admin, folder });
  await sidecar.start();
  writeConfigs(folder, {
    "tollgate:9464": `127.0.0.1:${admin}`,
    "127.0.0.1:9090": `127.0.0.1:${prometheusPort}`,
    "alertmanager:9093": `127.0.0.1:${alertmanagerPort}`,
    "http://host.docker.internal:9099/alerts": webhook.url,
  });
  const alertmanager = await startProgram(
    "prometheus-alertmanager",
    flagsOf("alertmanager", { "/etc/alertmanager": folder, "/alertmanager": join(folder, "alertmanager") }),
    alertmanagerPort,
  );
  const prometheus = await startProgram(
    "prometheus",
    flagsOf("prometheus", { "/etc/prometheus": folder, "/prometheus": join(folder, "prometheus") }),
    prometheusPort,
  );
  return {
    url: `http://127.0.0.1:${listen}/mcp`,
    adminUrl: `http://127.0.0.1:${admin}`,
    prometheusUrl: prometheus.url,
    webhook,
    killSidecar: sidecar.kill,
    startSidecar: sidecar.start,
    stop: async () => {
      for (const part of [prometheus, alertmanager, webhook]) await part.stop();
      await sidecar.kill();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The files that docker-compose.yml mounts, with addresses replaced; the rules run faster, and so does the scraping. */
function writeConfigs(folder: string, addresses: Readonly<Record<string, string>>): void {
  mkdirSync(join(folder, "rules"));
  for (const name of RULE_FILES) {
    const rules = scaleRules(readRuleFile(name), 1 / FASTER);
    writeFileSync(join(folder, "rules", name), stringify(rules));
  }
  for (const name of ["prometheus.yml", "alertmanager.yml"]) {
    const text = readFileSync(join(COMPOSE_FOLDER, name), "utf8");
    const here = Object.entries(addresses).reduce((all, [from, to]) => all.replaceAll(from, to), text);
    writeFileSync(
      join(folder, name),
      here.replaceAll(/(scrape|evaluation)_interval: 5s/g, "$1_interval: 1s"),
    );
  }
}

interface SidecarPlace {
  readonly upstream: string;
  readonly listen: number;
  readonly admin: number;
  readonly folder: string;
}

function sidecarOn({ upstream, listen, admin, folder }: SidecarPlace) {
  const settings = readFileSync(join(COMPOSE_FOLDER, "tollgate.yaml"), "utf8");
  const config = join(folder, "tollgate.yaml");
  writeFileSync(config, settings.replaceAll(/\["172[^\]]*\]/g, '["127.0.0.1"]'));
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const places = [`--upstream=${upstream}`, `--listen=127.0.0.1:${listen}`, `--admin=127.0.0.1:${admin}`];
    const policy = join(ROOT, "policies/demo.json");
    const flags = [
      ...places,
      "--server=demo",
      `--policy=${policy}`,
      `--config=${config}`,
      "--log-level=error",
    ];
    child = spawn(process.execPath, ["--import", END_WITH_PARENT, MAIN, ...flags], {
      stdio: ["pipe", "inherit", "inherit"],
    });
    await until(() =>
      fetch(`http://127.0.0.1:${admin}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
  };
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };
  return { start, kill };
}
