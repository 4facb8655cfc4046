/** docker-compose.yml against the Compose specification's schema, and each file it mounts against the program that reads it. */

import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import formats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { COMPOSE_TEXT, ROOT } from "./observability/compose-file.ts";
import { requireProgram } from "../fixtures/system-program.ts";

/** An npm package that carries the schema of the Compose specification; installed for this test only. */
const SCHEMA_PACKAGE = "dclint@3.1.0";
const SCHEMA_FILE = "node_modules/dclint/schemas/compose.schema.json";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-compose-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("docker-compose.yml", () => {
  it("and the one with several servers are valid by the schema of the Compose specification", () => {
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix", folder];
    execFileSync("npm", ["install", ...flags, SCHEMA_PACKAGE], { stdio: "pipe" });
    const schema: Record<string, unknown> = JSON.parse(readFileSync(join(folder, SCHEMA_FILE), "utf8"));
    delete schema["$schema"];
    const ajv = new Ajv({ strict: false, allErrors: true });
    formats.default(ajv);
    const validate = ajv.compile(schema);
    validate(parse(COMPOSE_TEXT, { merge: true }));
    expect(validate.errors ?? []).toEqual([]);
    validate(parse(readFileSync(join(ROOT, "deploy/compose/servers/compose.yaml"), "utf8"), { merge: true }));
    expect(validate.errors ?? []).toEqual([]);
    expect(validate({ services: { web: { image: 1, unheard: true } } })).toBe(false);
  });

  it("gives Prometheus a configuration that promtool accepts, rules included", () => {
    const home = join(folder, "prometheus");
    cpSync(join(ROOT, "deploy/compose/prometheus.yml"), join(home, "prometheus.yml"));
    cpSync(join(ROOT, "dashboards/alerts"), join(home, "rules"), { recursive: true });
    const said = execFileSync(requireProgram("promtool"), ["check", "config", join(home, "prometheus.yml")], {
      encoding: "utf8",
    });
    expect(said.match(/SUCCESS: \d+ rules found/g)).toHaveLength(6);
    expect(said).toContain("is valid prometheus config");
  });

  it("gives Alertmanager a configuration that amtool accepts", () => {
    const file = join(ROOT, "deploy/compose/alertmanager.yml");
    const said = execFileSync(requireProgram("amtool"), ["check-config", file], { encoding: "utf8" });
    expect(said).toContain("SUCCESS");
  });
});
