import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { findCircle, readSource, siblingEdges, type SourceImport } from "./fixtures/source-imports.ts";

interface Floor {
  readonly floors: readonly string[];
  readonly packages: readonly RegExp[];
}

/** The floors: what a folder of src may import, and which packages. A folder without a row is a failure. */
const FLOORS: Readonly<Record<string, Floor>> = {
  json: { floors: [], packages: [] },
  mcp: { floors: ["json"], packages: [/^node:(buffer|http|stream)$/] },
  policy: { floors: ["json", "mcp"], packages: [/^zod$/, /^re2js$/, /^ajv(?:$|\/)/] },
  enforcement: { floors: ["mcp", "policy"], packages: [] },
  // The client of the shared store has one file of its own.
  "enforcement/store/redis.ts": { floors: ["mcp", "policy"], packages: [/^@redis\/client$/] },
  identity: { floors: ["enforcement", "json", "mcp", "policy"], packages: [/^node:/, /^jose$/] },
  proxy: { floors: ["enforcement", "identity", "json", "mcp", "policy"], packages: [/^node:/, /^undici$/] },
  telemetry: {
    floors: ["enforcement", "json", "mcp", "policy"],
    packages: [/^node:/, /^pino$/, /^prom-client$/, /^protobufjs\/minimal/, /^@opentelemetry\//],
  },
  config: { floors: ["json", "policy"], packages: [/^node:/, /^zod$/, /^yaml$/] },
  admin: {
    floors: ["config", "enforcement", "json", "policy", "telemetry"],
    packages: [/^node:/, /^express$/],
  },
  commands: {
    floors: ["config", "enforcement", "json", "mcp", "policy"],
    packages: [
      /^node:/,
      /^@modelcontextprotocol\/sdk\//,
      /^zod$/,
      /^yaml$/,
      /^jsonc-parser$/,
      /^toml-eslint-parser$/,
      /^ws$/,
    ],
  },
  sidecar: {
    floors: ["admin", "config", "enforcement", "identity", "json", "mcp", "policy", "proxy", "telemetry"],
    packages: [/^node:/],
  },
  supervisor: {
    floors: ["admin", "config", "policy", "proxy", "sidecar", "telemetry"],
    packages: [/^node:/],
  },
  webhook: {
    floors: ["commands", "config", "proxy", "sidecar", "telemetry"],
    packages: [/^node:/, /^prom-client$/, /^selfsigned$/, /^zod$/],
  },
  workers: {
    floors: ["admin", "config", "enforcement", "json", "policy", "proxy", "sidecar", "telemetry"],
    packages: [/^node:/],
  },
  "main.ts": {
    floors: ["commands", "config", "sidecar", "supervisor", "webhook", "workers"],
    packages: [/^node:util$/],
  },
};

const MOST_FILES = 20;
const MOST_LINES = 250;

const ROOT = resolve(import.meta.dirname, "../src");
const { files: FILES, imports: IMPORTS } = readSource(resolve(ROOT, "../tsconfig.json"), ROOT);

const floorOf = (path: string): string => path.split("/")[0] ?? path;
const roomOf = (path: string): string => path.split("/").slice(0, -1).join("/");
const linesOf = (file: string): number => readFileSync(join(ROOT, file), "utf8").split("\n").length - 1;

/** The violation in one import; undefined when the import is allowed. */
function faultOf({ file, target, isPackage }: SourceImport): string | undefined {
  const row = FLOORS[file] ?? FLOORS[floorOf(file)];
  if (row === undefined) return `${file}: ${floorOf(file)} has no row in the table of floors`;
  const isAllowed = isPackage
    ? row.packages.some((pattern) => pattern.test(target))
    : floorOf(target) === floorOf(file) || row.floors.includes(floorOf(target));
  return isAllowed ? undefined : `${file}: may not import ${target}`;
}

describe("architecture", () => {
  it("reads imports of every form, as the compiler does", () => {
    const fixture = resolve(import.meta.dirname, "fixtures/imports");
    const { imports } = readSource(join(fixture, "tsconfig.json"), fixture);
    const targets = imports.filter(({ file }) => file === "every-form.ts").map(({ target }) => target);
    expect(targets.toSorted()).toEqual(["a.ts", "b.ts", "c.ts", "d.ts", "e.ts", "f.ts", "node:fs"]);
  });

  it("keeps the floors", () => {
    expect(IMPORTS.map(faultOf).filter(Boolean)).toEqual([]);
  });

  it.each([
    { file: "json/json.ts", target: "mcp/message.ts", isPackage: false },
    { file: "mcp/message.ts", target: "policy/decide.ts", isPackage: false },
    { file: "policy/decide.ts", target: "node:fs", isPackage: true },
    { file: "policy/decide.ts", target: "enforcement/permit.ts", isPackage: false },
    { file: "identity/tokens/jwt.ts", target: "proxy/upstream.ts", isPackage: false },
    { file: "proxy/sessions/sessions.ts", target: "telemetry/telemetry.ts", isPackage: false },
    { file: "telemetry/telemetry.ts", target: "proxy/sessions/sessions.ts", isPackage: false },
    { file: "enforcement/limits/shared-limits.ts", target: "@redis/client", isPackage: true },
    { file: "enforcement/store/redis.ts", target: "node:fs", isPackage: true },
    { file: "newroom/file.ts", target: "zod", isPackage: true },
  ])("is red when $file imports $target", (wrong) => {
    expect(faultOf(wrong)).toBeTypeOf("string");
  });

  it("has no circle of files, type imports included", () => {
    const edges = IMPORTS.filter(({ isPackage }) => !isPackage).map(
      ({ file, target }) => [file, target] as const,
    );
    expect(findCircle(edges)).toBeUndefined();
  });

  it("has no circle of floors or of sibling rooms", () => {
    const circles = [...siblingEdges(IMPORTS)].map(([parent, edges]) => ({
      parent,
      circle: findCircle(edges),
    }));
    expect(circles.filter(({ circle }) => circle !== undefined)).toEqual([]);
  });

  it.each([
    [
      [
        ["a", "b"],
        ["b", "c"],
      ],
      undefined,
    ],
    [
      [
        ["a", "b"],
        ["b", "c"],
        ["c", "b"],
      ],
      ["b", "c", "b"],
    ],
    [[["a", "a"]], ["a", "a"]],
  ] as const)("finds the circle of %j", (edges, circle) => {
    expect(findCircle(edges)).toEqual(circle);
  });

  it("lets a room and its parent see each other, and no two siblings", () => {
    const imports = [
      { file: "proxy/upstream.ts", target: "proxy/relay/relay.ts", isPackage: false },
      { file: "proxy/relay/relay.ts", target: "proxy/upstream.ts", isPackage: false },
      { file: "proxy/relay/relay.ts", target: "proxy/tools/tool-catalog.ts", isPackage: false },
      { file: "proxy/tools/tool-catalog.ts", target: "proxy/relay/pipe.ts", isPackage: false },
    ];
    expect([...siblingEdges(imports)]).toEqual([
      [
        "proxy",
        [
          ["relay", "tools"],
          ["tools", "relay"],
        ],
      ],
    ]);
  });

  it("lets only main.ts end the process", () => {
    const ending = FILES.filter((file) => /process\.exit\b/.test(readFileSync(join(ROOT, file), "utf8")));
    expect(ending).toEqual(["main.ts"]);
  });

  it("issues permits in one place and sends calls by permit only", () => {
    const issuing = FILES.filter((file) => readFileSync(join(ROOT, file), "utf8").includes("Permit.issue("));
    expect(issuing).toEqual(["enforcement/enforcer.ts"]);
    // The compiler holds the rest: see test/types/permit.test-d.ts.
    const making = FILES.filter((file) =>
      /\bas\s+UpstreamText\b/.test(readFileSync(join(ROOT, file), "utf8")),
    );
    expect(making).toEqual(["mcp/parse-message.ts"]);
  });

  it(`keeps every file within ${MOST_LINES} lines`, () => {
    expect(FILES.filter((file) => linesOf(file) > MOST_LINES)).toEqual([]);
  });

  it(`keeps every room within ${MOST_FILES} files`, () => {
    const rooms = Object.entries(Object.groupBy(FILES, roomOf));
    expect(rooms.filter(([, files]) => (files?.length ?? 0) > MOST_FILES).map(([room]) => room)).toEqual([]);
  });
});
