import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { createKey } from "../../src/config/files/key-file.ts";
import { countRefusals, type IdentifiedSidecar, startIdentifiedSidecar } from "../fixtures/identified.ts";
import { temporaryFile } from "../fixtures/lifetime.ts";
import { until } from "../fixtures/start-sidecar.ts";

const ALICE = createKey("alice");
const BOB = createKey("bob");
const SHORT = "short-key-that-is-in-it".slice(0, 21);
const refusal = countRefusals("bad API keys");

function digestLine(name: string, key: string): string {
  return `- { name: ${name}, digest: "sha256:${createHash("sha256").update(key).digest("hex")}" }`;
}

async function refused(guarded: IdentifiedSidecar, headers: Record<string, string>): Promise<void> {
  expect((await refusal(guarded, () => guarded.call(headers))).status).toBe(401);
}

describe.each(["authorization", "x-api-key"])("an API key in %s", (header) => {
  let guarded: IdentifiedSidecar;
  let file: string;
  const shown = (key: string): Record<string, string> =>
    header === "authorization" ? { authorization: `Bearer ${key}` } : { "x-api-key": key };

  beforeAll(async () => {
    file = temporaryFile("keys.yaml", [ALICE.line, BOB.line, digestLine("weak", SHORT)].join("\n"));
    guarded = await startIdentifiedSidecar(
      `identity:\n  api-keys: { file: "${file}", header: ${header} }\n  required: true\n`,
    );
  });

  it("names the agent that it belongs to", async () => {
    expect((await guarded.call(shown(ALICE.key))).status).toBe(200);
    expect(guarded.lastAgent()).toEqual({ name: "alice", source: "api_key", verified: true });
    expect((await guarded.call(shown(BOB.key))).status).toBe(200);
    expect(guarded.lastAgent()).toMatchObject({ name: "bob" });
  });

  it("is neither forwarded nor recorded", async () => {
    await guarded.call(shown(ALICE.key));
    expect(guarded.seen.at(-1)).not.toHaveProperty(header);
    expect(JSON.stringify([guarded.seen, guarded.sidecar.audit()])).not.toContain(ALICE.key.slice(4));
  });

  it.each([
    ["the first half of a key", ALICE.key.slice(0, 25)],
    ["a key without its last character", ALICE.key.slice(0, -1)],
    ["a key and more", `${ALICE.key}x`],
    ["another case", ALICE.key.toUpperCase()],
    ["the digest of a key", createHash("sha256").update(ALICE.key).digest("hex")],
    ["halves of two keys", ALICE.key.slice(0, 24) + BOB.key.slice(24)],
    ["the name of an agent", "alice"],
    ["a key that can be guessed, though it is in the file", SHORT],
    ["a new key", createKey("alice").key],
    ["nothing", ""],
  ])("is refused for %s", async (_what, key) => {
    await refused(guarded, shown(key));
  });

  it("is refused in another header", async () => {
    const elsewhere = header === "authorization" ? "x-api-key" : "authorization";
    await refused(guarded, { [elsewhere]: ALICE.key });
  });

  it("is refused soon after its line was removed from the file, and a bad file changes nothing", async () => {
    writeFileSync(file, "- { name: half");
    writeFileSync(file, ALICE.line);
    await until(async () => (await guarded.call(shown(BOB.key))).status === 401);
    await refused(guarded, shown(BOB.key));
    writeFileSync(file, "- { name: half");
    expect((await guarded.call(shown(ALICE.key))).status).toBe(200);
    writeFileSync(file, BOB.line);
    await until(async () => (await guarded.call(shown(BOB.key))).status === 200);
    await refused(guarded, shown(ALICE.key));
  });
});

it("refuses a bad file at the start with 64", async () => {
  const file = temporaryFile("bad.yaml", "- { name: half");
  await expect(startIdentifiedSidecar(`identity:\n  api-keys: { file: "${file}" }\n`)).rejects.toMatchObject({
    exitCode: 64,
    problems: [`${file}: is not YAML`],
  });
});
