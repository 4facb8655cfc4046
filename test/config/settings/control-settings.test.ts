import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { parseSettings } from "../../../src/config/settings/parse-settings.ts";

function parse(text: string): ReturnType<typeof parseSettings> {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-settings-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const config = join(folder, "config.yaml");
  writeFileSync(config, text);
  const flags = { upstream: "http://127.0.0.1:1/mcp", config, "allow-all": "true" };
  return parseSettings({ flags, environment: {}, isTerminal: false });
}

it("names the files of freezes and approvals in the settings file, and none by default", () => {
  expect(parse("")).toMatchObject({ settings: { freeze: {}, approvals: { ttlMs: 900_000 } } });
  expect(parse("freeze: { file: f.yaml, state: s.json }\napprovals: { state: a.json }")).toMatchObject({
    settings: {
      freeze: { file: "f.yaml", state: "s.json" },
      approvals: { ttlMs: 900_000, state: "a.json" },
    },
  });
  expect(parse("freeze: { flie: f.yaml }")).toMatchObject({
    ok: false,
    problems: ['freeze: unknown: flie, did you mean "file"?'],
  });
});
