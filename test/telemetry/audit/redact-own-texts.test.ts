/** Redaction keeps every text of ours whole: refusals, denials, problems at start, log messages, help. They are read from the source. */

import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { withoutSecrets } from "../../../src/telemetry/audit/redact.ts";
import { readTexts } from "../../fixtures/source-texts.ts";

const ROOT = join(import.meta.dirname, "../../..");
/** Values that stand in the places of a template: none of them is a secret. */
const VALUES = [
  "name",
  '"nightly batch"',
  "identity.jwt.issuer",
  "3",
  "https://login.example.com/x",
  "",
  "A",
];

/** Credentials as they are sent: no message. */
const HEADERS = new Set(["Basic …", "Bearer …"]);

const texts = readTexts(join(ROOT, "tsconfig.json"), join(ROOT, "src")).filter(
  ({ pieces }) => !HEADERS.has(pieces.join("…")),
);

describe("a text of ours", () => {
  it("is found in the source, from refusals to help", () => {
    const all = new Set(texts.map(({ pieces }) => pieces.join("…")));
    console.log(`${all.size} texts of ours pass through redaction`);
    for (const text of ["Session not found", "Tollgate is busy: …", "proof of identity is required here"])
      expect(all).toContain(text);
    expect(all.size).toBeGreaterThan(1_000);
  });

  it("stays whole in redaction, alone and in a line of the log", () => {
    const changed = texts
      .flatMap(({ file, pieces }) =>
        (pieces.length === 1 ? [""] : VALUES).map((value) => ({ file, text: pieces.join(value) })),
      )
      .filter(({ text }) => {
        const line = JSON.stringify({ msg: text });
        return withoutSecrets(text) !== text || withoutSecrets(line) !== line;
      });
    expect(changed.map(({ file, text }) => `${file}: ${text} -> ${withoutSecrets(text)}`)).toEqual([]);
  });
});
