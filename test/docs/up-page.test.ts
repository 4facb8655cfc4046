/** docs/up.md and the files of deploy that run several servers: each is one that the program reads. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseServersFile } from "../../src/config/up/servers-file.ts";
import { UP_HELP } from "../../src/commands/up/up-help.ts";
import { FILE_METRIC, UP_METRICS } from "../../src/supervisor/own-metrics.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const PAGE = read("docs/up.md");
const EXAMPLES = [...PAGE.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = ""]) => text);

function problemsOf(text: string): readonly string[] {
  const reading = parseServersFile(text, { path: "f", flags: {}, environment: {}, isTerminal: false });
  return reading.ok ? [] : reading.problems;
}

describe("docs/up.md", () => {
  it.each(EXAMPLES)("shows a file that tollgate up reads: %j", (text) => {
    expect(problemsOf(text)).toEqual([]);
  });

  it("lists the metrics of the supervisor with the texts that it exports", () => {
    const rows = [
      ...UP_METRICS.map(({ name, type, help }) => `| \`${name}\` | ${type} | \`server\` | ${help} |`),
      `| \`${FILE_METRIC.name}\` | gauge |  | ${FILE_METRIC.help} |`,
    ];
    expect(PAGE.split("\n").filter((line) => line.startsWith("| `tollgate_s"))).toEqual(rows);
  });

  it("names every flag of the command", () => {
    const flags = [...UP_HELP.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, flag = ""]) => flag);
    expect(flags.filter((flag) => !PAGE.includes(`\`${flag}`))).toEqual([]);
  });
});

describe("the files of deploy with several servers", () => {
  it.each(["deploy/systemd/servers.yaml", "deploy/compose/servers/servers.yaml"])(
    "%s has no problem",
    (path) => {
      expect(problemsOf(read(path))).toEqual([]);
    },
  );

  it("has three servers and one Prometheus, whose ports are published on loopback", () => {
    const { services } = parse(read("deploy/compose/servers/compose.yaml"), { merge: true });
    const { servers, admin } = parse(read("deploy/compose/servers/servers.yaml"));
    expect(Object.keys(services)).toEqual([...Object.keys(servers), "tollgate", "prometheus"]);
    const addresses: string[] = [admin];
    for (const server of Object.values<{ listen: string; admin: string }>(servers))
      addresses.push(server.listen, server.admin);
    const published = addresses.map((address) =>
      address.replace("0.0.0.0", "127.0.0.1").replace(/:(\d+)$/, ":$1:$1"),
    );
    expect(services.tollgate.ports.toSorted()).toEqual(published.toSorted());
  });

  it("names a policy that the compose file mounts", () => {
    const folder = mkdtempSync(join(tmpdir(), "tollgate-compose-"));
    try {
      const { policy } = parse(read("deploy/compose/servers/servers.yaml"));
      const mounts: string[] = parse(read("deploy/compose/servers/compose.yaml")).services.tollgate.volumes;
      const [from = ""] = mounts.find((mount) => mount.includes(`:${policy}:`))?.split(":") ?? [];
      writeFileSync(join(folder, "policy.json"), read(join("deploy/compose/servers", from)));
      expect(from).toContain("policies/");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
