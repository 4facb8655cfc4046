import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

/** The floors: what a folder of src may import, and which packages. A folder without a row is a failure. */
const FLOORS: Readonly<Record<string, { floors: readonly string[]; packages: readonly RegExp[] }>> = {
  policy: { floors: [], packages: [/^zod$/, /^re2js$/] },
  enforcement: { floors: ["policy"], packages: [] },
  // The client of the shared store has one file of its own.
  "enforcement/redis-store.ts": { floors: ["policy"], packages: [/^@redis\/client$/] },
  // What a decision was made of, in words; nothing that decides reads it.
  explanation: { floors: ["policy"], packages: [] },
  config: { floors: ["policy"], packages: [/^node:/, /^zod$/, /^yaml$/] },
  transport: {
    floors: ["enforcement", "policy"],
    packages: [/^node:/, /^undici$/, /^@modelcontextprotocol\/sdk\//, /^jose$/],
  },
  telemetry: {
    floors: ["enforcement", "policy"],
    packages: [/^node:/, /^pino$/, /^prom-client$/, /^@opentelemetry\//],
  },
  "admin.ts": {
    floors: ["admin", "telemetry", "config", "enforcement", "policy"],
    packages: [/^node:/, /^express$/],
  },
  admin: {
    floors: ["explanation", "telemetry", "config", "enforcement", "policy"],
    packages: [/^node:/, /^express$/],
  },
  commands: {
    floors: ["explanation", "telemetry", "config", "enforcement", "policy"],
    packages: [/^node:/, /^express$/, /^@modelcontextprotocol\/sdk\//, /^zod$/, /^yaml$/],
  },
  sidecar: { floors: ["*"], packages: [/^node:/] },
  "sidecar.ts": { floors: ["*"], packages: [/./] },
  "main.ts": { floors: ["*"], packages: [/./] },
};

const ROOT = resolve(import.meta.dirname, "../src");
const IMPORT = /(?:\bfrom|\bimport|\bimport\()\s*"([^"]+)"/g;

interface Import {
  readonly file: string;
  readonly floor: string;
  readonly target: string;
}

function importsOf(file: string): Import[] {
  const floor = floorOf(file);
  const text = readFileSync(join(ROOT, file), "utf8");
  return [...text.matchAll(IMPORT)].map((match) => ({ file, floor, target: match[1] ?? "" }));
}

function floorOf(file: string): string {
  return file.split("/")[0] ?? file;
}

function offence({ file, floor, target }: Import): string | undefined {
  const row = FLOORS[file] ?? FLOORS[floor];
  if (row === undefined) return `${file}: ${floor} has no row in the table of floors`;
  if (target.startsWith(".")) {
    const other = floorOf(relative(ROOT, resolve(ROOT, file, "..", target)));
    const isAllowed = other === floor || row.floors.includes(other) || row.floors.includes("*");
    return isAllowed ? undefined : `${file}: ${floor} may not import ${other} (${target})`;
  }
  return row.packages.some((pattern) => pattern.test(target))
    ? undefined
    : `${file}: ${floor} may not import ${target}`;
}

const FILES = readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));

describe("architecture", () => {
  it("reads imports of every form", () => {
    const text = `import a from "a"; import type { B } from "b"; export * from "c"; import "d"; await import("e");`;
    expect([...text.matchAll(IMPORT)].map((match) => match[1])).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("finds the source", () => {
    expect(FILES.length).toBeGreaterThan(20);
  });

  it("keeps the floors", () => {
    expect(FILES.flatMap(importsOf).map(offence).filter(Boolean)).toEqual([]);
  });

  it.each([
    [{ file: "policy/decide.ts", floor: "policy", target: "node:fs" }],
    [{ file: "policy/decide.ts", floor: "policy", target: "../enforcement/permit.ts" }],
    [{ file: "transport/session.ts", floor: "transport", target: "../telemetry/metrics.ts" }],
    [{ file: "telemetry/metrics.ts", floor: "telemetry", target: "../transport/session.ts" }],
    [{ file: "enforcement/shared-limits.ts", floor: "enforcement", target: "@redis/client" }],
    [{ file: "enforcement/redis-store.ts", floor: "enforcement", target: "node:fs" }],
    [{ file: "newroom/file.ts", floor: "newroom", target: "zod" }],
  ])("is red when $file imports $target", (wrong) => {
    expect(offence(wrong)).toBeTypeOf("string");
  });

  it("lets only main.ts end the process", () => {
    const ending = FILES.filter((file) => /process\.exit\b/.test(readFileSync(join(ROOT, file), "utf8")));
    expect(ending).toEqual(["main.ts"]);
  });

  it("issues permits in one place and sends calls by permit only", () => {
    const issuing = FILES.filter((file) => readFileSync(join(ROOT, file), "utf8").includes("Permit.issue("));
    expect(issuing).toEqual(["enforcement/enforce.ts"]);
  });

  it("keeps every file under 300 lines", () => {
    const long = FILES.filter((file) => readFileSync(join(ROOT, file), "utf8").split("\n").length > 300);
    expect(long).toEqual([]);
  });
});
