/** Every JSON and YAML block of the documentation is of a known kind, and those that Tollgate reads are valid. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { parseFreezeFile } from "../../../src/config/files/freeze-file.ts";
import { parsePolicyFile } from "../../../src/config/files/policy-file.ts";
import { parseSettings } from "../../../src/config/settings/parse-settings.ts";
import { SETTINGS_SHAPE } from "../../../src/config/settings/settings-shape.ts";
import { codeBlocks } from "../../../tools/site/markdown.ts";
import { readPages, ROOT } from "../../../tools/site/navigation.ts";

const folder = mkdtempSync(join(tmpdir(), "tollgate-blocks-"));
afterAll(() => rmSync(folder, { recursive: true }));
/** Stands for each file that settings name. */
const FILE = join(folder, "file");
writeFileSync(FILE, "a-secret-of-more-than-22-characters\n");

const README = { path: "README.md", markdown: readFileSync(join(ROOT, "README.md"), "utf8") };
/** The examples of JSON output are held against their schemas by test/commands/json-output.test.ts. */
const HELD_ELSEWHERE = /decisions\/0|^docs\/json-output\.md$/;
const PAGES = [README, ...readPages().filter(({ path }) => !HELD_ELSEWHERE.test(path))];
const SETTINGS = new Set(Object.keys(SETTINGS_SHAPE.shape));

interface Block {
  readonly place: string;
  readonly language: string;
  readonly text: string;
}

const BLOCKS: readonly Block[] = PAGES.flatMap(({ path, markdown }) =>
  codeBlocks(markdown)
    .filter(({ language }) => ["json", "jsonc", "yaml", "yml"].includes(language))
    .map(({ language, text, line }) => ({ place: `${path}:${line}`, language, text })),
);

type Kind = "settings" | "policy" | "limits" | "freezes" | "other";

/** Keys at the top of documents that other programs read, or that Tollgate writes. */
const OTHERS =
  /^(?:mcpServers|servers|scrape_configs|rule_files|apiVersion|volumes|spec|services|image|providers|type|isError|story|tools|time|calls|hops|receivers|route|loki|exporters|receivers|settings|containers|podMonitor|sidecar|rules|autoscaling|extraObjects)$/;

function kindOf({ text, language }: Block): Kind | undefined {
  if (language === "json" && text.startsWith('{"time":')) return "other";
  const value: unknown = parse(text);
  if (Array.isArray(value)) return "inputSchema" in (value[0] ?? {}) ? "other" : "freezes";
  if (typeof value !== "object" || value === null) return undefined;
  const keys = Object.keys(value);
  if (keys.includes("version") && language !== "yml" && !keys.includes("services")) return "policy";
  // A limit that stands alone, as the pages about policies show it.
  if ("limits" in value && Array.isArray(value.limits)) return "limits";
  if (keys.every((key) => SETTINGS.has(key))) return "settings";
  if (keys.some((key) => OTHERS.test(key))) return "other";
  return undefined;
}

const of = (kind: Kind): readonly Block[] => BLOCKS.filter((block) => kindOf(block) === kind);
/** Blocks of these pages are read and run by their own tests. */
const RUN_ELSEWHERE = /^docs\/policy(?:\.md|\/)/;

function settingsProblems(text: string): readonly string[] {
  const config = join(folder, "settings.yaml");
  writeFileSync(config, text.replaceAll(/\/(?:etc|var|run|home)\/[\w./-]+/g, FILE));
  const upstream = /^(?:upstream|stdio):/m.test(text) ? {} : { upstream: "https://server.example/mcp" };
  const command = /^stdio:/m.test(text) ? { command: ["server"] } : {};
  const isPolicyAsked = /^(?:mode|approvals):/m.test(text) && !/^(?:policy|agents):/m.test(text);
  const policy = isPolicyAsked ? { policy: FILE } : {};
  const flags = { config, ...upstream, ...policy };
  const parsed = parseSettings({ flags, environment: {}, isTerminal: false, ...command });
  return parsed.ok ? [] : parsed.report;
}

describe("the JSON and YAML of the documentation", () => {
  it("is of a known kind everywhere", () => {
    const unknown = BLOCKS.filter(({ place }) => !RUN_ELSEWHERE.test(place)).filter(
      (block) => kindOf(block) === undefined,
    );
    expect(unknown.map(({ place }) => place)).toEqual([]);
    expect(BLOCKS.length).toBeGreaterThan(60);
  });

  it.each(BLOCKS.filter(({ language, place }) => /^ya?ml$/.test(language) && !RUN_ELSEWHERE.test(place)))(
    "is YAML at $place",
    ({ text }) => {
      expect(parseAllDocuments(text).flatMap(({ errors }) => errors)).toEqual([]);
    },
  );

  it.each(of("settings"))("is valid settings at $place", ({ text }) => {
    expect(settingsProblems(text)).toEqual([]);
  });

  it.each(of("policy").filter(({ place }) => !RUN_ELSEWHERE.test(place)))(
    "is a valid policy at $place",
    ({ place, text }) => {
      const read = parsePolicyFile(Buffer.from(text), place);
      expect(read.ok ? [] : read.problems).toEqual([]);
    },
  );

  it.each(of("limits"))("is limits of a valid policy at $place", ({ place, text }) => {
    const policy = `{"version":"1","default":"allow","all_tools":${text}}`;
    expect(parsePolicyFile(Buffer.from(policy), place)).toMatchObject({ ok: true });
  });

  it.each(of("freezes"))("is a valid freeze file at $place", ({ place, text }) => {
    expect(parseFreezeFile(place, Buffer.from(text))).toMatchObject({ ok: true });
  });

  it.each([
    ["approvals: { ttl-second: 900 }", "settings"],
    ["mode: shadw", "settings"],
  ])("has a fault when it is %s", (text) => {
    expect(settingsProblems(text)).not.toEqual([]);
  });

  it("has blocks of every kind", () => {
    expect(of("settings").length).toBeGreaterThan(30);
    expect(of("policy").length).toBeGreaterThan(3);
    expect(of("freezes").length).toBeGreaterThan(0);
  });
});
