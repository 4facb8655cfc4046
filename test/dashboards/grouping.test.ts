/** `npm run dashboards -- --group-by`: the same boards and rules by other labels than `cluster`. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ruleFiles } from "../../dashboards/generate/alert-rules.ts";
import { ALERTS_FOLDER, readAlerts, readRecordings } from "../../tools/alerts/rule-files.ts";
import { BOARDS } from "../fixtures/boards.ts";

const WRITE = join(import.meta.dirname, "../../dashboards/generate/write.ts");
const WIDE = mkdtempSync(join(tmpdir(), "tollgate-grouping-"));

afterAll(() => rmSync(WIDE, { recursive: true, force: true }));

function write(...words: readonly string[]) {
  return spawnSync(process.execPath, [WRITE, ...words], { encoding: "utf8" });
}

/** Lists of labels of `by` and `on` that lack one of these. */
function listsWithout(text: string, labels: readonly string[]): readonly string[] {
  const lists = [...text.matchAll(/\b(?:by|on) \(([^)]*\bnamespace\b[^)]*)\)/g)].map(([, list = ""]) => list);
  return lists.filter((list) => !labels.every((label) => list.split(", ").includes(label)));
}

describe("the committed rules", () => {
  it("are what the generator writes", () => {
    for (const [name, text] of ruleFiles())
      expect(readFileSync(join(ALERTS_FOLDER, name), "utf8"), `${name}: run npm run dashboards`).toBe(text);
  });

  it.each([...readAlerts(), ...readRecordings()])(
    "group by cluster wherever they aggregate: $expr",
    ({ expr }) => {
      expect(listsWithout(expr, ["cluster"])).toEqual([]);
      for (const [, list = ""] of expr.matchAll(/\bby \(([^)]*)\)/g))
        expect(list.split(", ")).toContain("cluster");
    },
  );

  it.each(readAlerts())("ask in annotations of $alert only for its own cluster", ({ annotations }) => {
    for (const [selector] of (annotations["description"] ?? "").matchAll(/\{[^{}]*=%q[^{}]*\}/g))
      expect(selector).toMatch(/^\{(?:alertname[^%]*,)?cluster=%q,namespace=%q,/);
  });
});

describe("the committed boards", () => {
  it.each(BOARDS)("$name lets the reader choose a cluster, then a namespace", ({ templating }) => {
    const names = templating.list.map(({ name }) => name);
    expect(names.slice(0, 4)).toEqual(["datasource", "cluster", "namespace", "server"]);
    expect(JSON.stringify(templating.list[2])).toContain('{cluster=~\\"$cluster\\"}, namespace)');
  });
});

describe("--group-by k8s_cluster,region", () => {
  beforeAll(() => expect(write("--group-by", "k8s_cluster,region", "--out", WIDE).status).toBe(0));

  it("writes every file that the committed folder has", () => {
    const written = readdirSync(WIDE).filter((name) => name.endsWith(".json"));
    expect(written.toSorted()).toEqual(BOARDS.map(({ name }) => `${name}.json`).toSorted());
    expect(readdirSync(join(WIDE, "alerts")).toSorted()).toEqual(
      [...ruleFiles().keys(), "prometheusrule.yaml"].toSorted(),
    );
  });

  it("names both labels wherever the others are grouped, and cluster nowhere", () => {
    for (const file of [...ruleFiles().keys(), "prometheusrule.yaml"]) {
      const text = readFileSync(join(WIDE, "alerts", file), "utf8");
      expect(listsWithout(text, ["k8s_cluster", "region"]), file).toEqual([]);
      expect(text, file).not.toMatch(/labels\.cluster|(?<!k8s_)cluster[,=)]/);
    }
    for (const { name } of BOARDS) {
      const text = readFileSync(join(WIDE, `${name}.json`), "utf8");
      expect(listsWithout(text, ["k8s_cluster", "region"]), name).toEqual([]);
      expect(text, name).toContain('k8s_cluster=~\\"$k8s_cluster\\",region=~\\"$region\\"');
      expect(text, name).not.toContain("$cluster");
    }
  });

  it("makes a variable of each, the second narrowed by the first", () => {
    const text = readFileSync(join(WIDE, "overview.json"), "utf8");
    expect(text).toContain('label_values(tollgate_upstream_up{k8s_cluster=~\\"$k8s_cluster\\"}, region)');
    expect(text).toContain('"label": "K8s cluster"');
  });
});

describe("--group-by", () => {
  it("of nothing leaves the namespace alone", () => {
    expect(write("--group-by", "", "--out", WIDE).status).toBe(0);
    const rules = readFileSync(join(WIDE, "alerts", "sidecar.rules.yml"), "utf8");
    expect(rules).toContain('group by () (present_over_time(up{job=~".*tollgate.*"}[6h]))');
    expect(rules).toContain("by (namespace, server)");
  });

  it.each([
    ["a b", 'must be names of Prometheus labels, got "a b"'],
    ["__name__", 'must be names of Prometheus labels, got "__name__"'],
    ["server", "server is a label of every rule already, leave it out"],
    ["region,region", "names a label twice"],
  ])("refuses %s", (labels, message) => {
    const { status, stderr } = write("--group-by", labels, "--out", WIDE);
    expect({ status, stderr }).toEqual({ status: 64, stderr: `--group-by: ${message}\n` });
  });
});
