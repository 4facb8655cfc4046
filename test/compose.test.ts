/** docker-compose.yml and the files it mounts fit each other and the program, as far as that can be said without an engine. */

import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { parseDemoOptions } from "../src/commands/demo/options.ts";
import { FLAGS } from "../src/config/settings/flags.ts";
import { parseSettings } from "../src/config/settings/parse-settings.ts";
import { COMPOSE, COMPOSE_TEXT, ROOT, serviceOf } from "./system/observability/compose-file.ts";

const SERVICES = Object.entries(COMPOSE.services).map(([name, service]) => ({ name, ...service }));
const AGENTS = ["capacity-planner", "batch-runner", "curious-intern"];

function read(path: string): unknown {
  return parse(readFileSync(join(ROOT, path), "utf8"));
}

function addressOf(name: string): string | undefined {
  const networks = z
    .object({ mcp: z.object({ ipv4_address: z.string() }) })
    .safeParse(serviceOf(name)["networks"]);
  return networks.data?.mcp.ipv4_address;
}

describe("docker-compose.yml", () => {
  it("has the server, three agents, Tollgate, and the monitoring services", () => {
    expect(SERVICES.map(({ name }) => name).toSorted()).toEqual(
      ["server", "tollgate", ...AGENTS, "prometheus", "alertmanager", "grafana", "tempo"].toSorted(),
    );
  });

  it.each(SERVICES)("pins the image of $name", ({ image }) => {
    expect(image).toMatch(/^(?:tollgate:local|[a-z]+\/[a-z]+:v?\d+\.\d+\.\d+)$/);
  });

  it.each(SERVICES)(
    "runs $name as an unprivileged user, on a read-only file system, without capabilities",
    (service) => {
      expect(service.user).toMatch(/^[1-9]\d*:\d+$/);
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ["ALL"],
        security_opt: ["no-new-privileges:true"],
      });
    },
  );

  it.each(SERVICES)("publishes ports of $name on loopback only", ({ ports = [] }) => {
    expect(ports.filter((port) => !/^127\.0\.0\.1:\d+:\d+$/.test(port))).toEqual([]);
  });

  it.each(SERVICES.filter(({ name }) => !AGENTS.includes(name)))(
    "asks $name how it is",
    ({ healthcheck }) => {
      expect(healthcheck?.test[0]).toBe("CMD");
    },
  );

  it.each(SERVICES.flatMap(({ name, volumes = [] }) => volumes.map((mount) => ({ name, mount }))))(
    "mounts into $name what is there: $mount",
    ({ mount }) => {
      const [from = "", , mode] = mount.split(":");
      if (!from.startsWith("./")) return expect(Object.keys(COMPOSE.volumes)).toContain(from);
      expect(existsSync(join(ROOT, from))).toBe(true);
      return expect(mode).toBe("ro");
    },
  );
});

describe("Tollgate in docker-compose.yml", () => {
  const { environment = {} } = serviceOf("tollgate");

  it("is configured by variables that exist", () => {
    const known: readonly string[] = FLAGS.map((flag) => flag.environment);
    const own = Object.keys(environment).filter((name) => name.startsWith("TOLLGATE_"));
    expect(own.filter((name) => !known.includes(name))).toEqual([]);
    expect(Object.keys(environment).filter((name) => !own.includes(name))).toEqual([
      "OTEL_EXPORTER_OTLP_ENDPOINT",
    ]);
  });

  it("accepts its settings, with the files that are mounted", () => {
    const mounted = new Map(
      (serviceOf("tollgate").volumes ?? []).map((mount) => {
        const [from = "", to = ""] = mount.split(":");
        return [to, join(ROOT, from)];
      }),
    );
    const here = Object.entries(environment).map(([name, value]) => [name, mounted.get(value) ?? value]);
    const parsed = parseSettings({ flags: {}, environment: Object.fromEntries(here), isTerminal: false });
    expect(parsed).toMatchObject({ ok: true, settings: { server: "demo", allowedHosts: ["tollgate"] } });
    expect(parsed.ok && parsed.settings.identity.header?.from).toEqual(AGENTS.map(addressOf));
  });

  it.each(["server", ...AGENTS])("starts the role %s of the demo", (name) => {
    const [demo, ...flags] = serviceOf(name).command ?? [];
    expect(demo).toBe("demo");
    const parsed = parseDemoOptions(flags);
    const part =
      name === "server" ? { name } : { name: "agents", agent: name, url: "http://tollgate:8080/mcp" };
    expect(parsed).toMatchObject({ ok: true, options: { part } });
  });

  it("listens at the address that the other services use", () => {
    const [prometheus, grafana] = ["prometheus.yml", "grafana/datasources/tollgate.yaml"].map((file) =>
      readFileSync(join(ROOT, "deploy/compose", file), "utf8"),
    );
    expect(environment).toMatchObject({ TOLLGATE_LISTEN: "0.0.0.0:8080", TOLLGATE_ADMIN: "0.0.0.0:9464" });
    expect(prometheus).toContain('targets: ["tollgate:9464"]');
    expect(prometheus).toContain('targets: ["alertmanager:9093"]');
    expect(grafana).toContain("url: http://prometheus:9090");
    expect(environment["OTEL_EXPORTER_OTLP_ENDPOINT"]).toBe("http://tempo:4318");
    expect(read("deploy/compose/tempo.yaml")).toMatchObject({
      server: { http_listen_port: 3200 },
      distributor: { receivers: { otlp: { protocols: { http: { endpoint: "0.0.0.0:4318" } } } } },
    });
    expect(grafana).toContain("url: http://tempo:3200");
  });

  it("names only settings that it uses", () => {
    const anchors = [...COMPOSE_TEXT.matchAll(/&(\w+)/g)].map(([, name]) => name ?? "");
    expect(anchors.filter((name) => !COMPOSE_TEXT.includes(`*${name}`))).toEqual([]);
  });
});

// The shape that Grafana documents for files in provisioning/; an unknown key is a misspelt one.
const DATASOURCES = z.strictObject({
  apiVersion: z.literal(1),
  datasources: z.array(
    z.strictObject({
      name: z.string(),
      type: z.enum(["prometheus", "tempo"]),
      uid: z.string().regex(/^[\w-]{1,40}$/),
      access: z.literal("proxy"),
      url: z.url(),
      isDefault: z.boolean().optional(),
      jsonData: z
        .strictObject({
          httpMethod: z.enum(["GET", "POST"]),
          timeInterval: z.string(),
          exemplarTraceIdDestinations: z.array(
            z.strictObject({ name: z.string(), datasourceUid: z.string() }),
          ),
        })
        .optional(),
    }),
  ),
});
const PROVIDERS = z.strictObject({
  apiVersion: z.literal(1),
  providers: z.array(
    z.strictObject({
      name: z.string(),
      folder: z.string(),
      type: z.literal("file"),
      disableDeletion: z.boolean(),
      allowUiUpdates: z.boolean(),
      updateIntervalSeconds: z.number().int().min(10),
      options: z.strictObject({ path: z.string() }),
    }),
  ),
});

describe("Grafana in docker-compose.yml", () => {
  it("has one default datasource, and exemplars that lead to the other", () => {
    const { datasources } = DATASOURCES.parse(read("deploy/compose/grafana/datasources/tollgate.yaml"));
    expect(datasources.filter(({ isDefault }) => isDefault).map(({ type }) => type)).toEqual(["prometheus"]);
    const uids = datasources.map(({ uid }) => uid);
    const targets = datasources.flatMap(({ jsonData }) => jsonData?.exemplarTraceIdDestinations ?? []);
    expect(targets.map(({ datasourceUid }) => datasourceUid).filter((uid) => !uids.includes(uid))).toEqual(
      [],
    );
    expect(targets.map(({ name }) => name)).toEqual(["trace_id"]);
  });

  it("reads boards from the folder that is mounted, and nothing else below it", () => {
    const { providers } = PROVIDERS.parse(read("deploy/compose/grafana/dashboards/tollgate.yaml"));
    const { volumes = [], tmpfs = [] } = serviceOf("grafana");
    const [folder = ""] = providers.map(({ options }) => options.path);
    expect(volumes).toContain(`./dashboards:${folder}:ro`);
    const nested = globSync("*/**/*.json", { cwd: join(ROOT, "dashboards"), exclude: ["**/node_modules"] });
    const shown = nested.filter((file) => !tmpfs.includes(`${folder}/${file.split("/")[0]}`));
    expect(shown).toEqual([]);
  });
});
