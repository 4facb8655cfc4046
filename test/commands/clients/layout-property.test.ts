/** For every layout of a file, wrap then unwrap gives the same text, and wrap changes nothing that the client reads but command and arguments. */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ConfigFormat } from "../../../src/commands/clients/text/config-tree.ts";
import { parseJsonc } from "../../../src/commands/clients/text/jsonc-tree.ts";
import {
  type ConfiguredServer,
  serversIn,
  type StdioServer,
} from "../../../src/commands/clients/text/servers.ts";
import { applyEdits } from "../../../src/commands/clients/text/text-edits.ts";
import { parseToml } from "../../../src/commands/clients/text/toml-tree.ts";
import { unwrapStdio } from "../../../src/commands/clients/text/unwrap-edits.ts";
import { wrapStdio } from "../../../src/commands/clients/text/wrap-edits.ts";
import { wrappedCommand } from "../../../src/commands/clients/text/wrapped-command.ts";

const OWN = [
  "/opt/node",
  "/opt/main.js",
  "--server",
  "a b",
  "--agent",
  "x",
  "--admin",
  "127.0.0.1:9470-9479",
  "--policy",
  'C:\\p "q".json',
];

/** Any text but one that makes the command Tollgate itself. */
const word = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom("-y", "--", "npx", 'a"b', "C:\\x", "é{}[],", "# no", "// no"),
);

interface Entry {
  readonly name: string;
  readonly command: string;
  /** Absent: no `args`. */
  readonly args?: readonly string[] | undefined;
  readonly env: Readonly<Record<string, string>>;
}

const entry: fc.Arbitrary<Entry> = fc.record({
  name: fc.string({ minLength: 1, maxLength: 6 }),
  command: fc.oneof(
    fc.constantFrom("npx", "node", "C:\\a b\\x.exe"),
    fc.string({ minLength: 1, maxLength: 6 }),
  ),
  args: fc.option(fc.array(word, { maxLength: 4 }), { nil: undefined }),
  env: fc.dictionary(fc.string({ minLength: 1, maxLength: 4 }), fc.string({ maxLength: 5 }), {
    maxKeys: 2,
    noNullPrototype: true,
  }),
});

/** Blanks and comments that may stand between two tokens. */
const blank = fc.constantFrom(
  "",
  " ",
  "\n",
  "\n    ",
  "\r\n\t",
  '  // note, "x": [\n',
  "/* { */",
  "\n\n  /* a\n b */ ",
);

const layout = fc.record({
  blanks: fc.array(blank, { minLength: 1, maxLength: 12 }),
  hasTrailingCommas: fc.boolean(),
  isArgsFirst: fc.boolean(),
  mark: fc.constantFrom("", "\uFEFF"),
  tail: fc.constantFrom("", "\n", "\r\n", " // end"),
});
type Layout = typeof layout extends fc.Arbitrary<infer T> ? T : never;

function text(value: string): () => string {
  return () => JSON.stringify(value);
}

/** Writes JSON with the blanks of the layout, one after the other, between all tokens. */
function writeJsonc(
  entries: readonly Entry[],
  { blanks, hasTrailingCommas, isArgsFirst, mark, tail }: Layout,
): string {
  let turn = 0;
  const gap = (): string => blanks[turn++ % blanks.length] ?? "";
  const list = (open: string, items: readonly (() => string)[], close: string): string => {
    const written = items.map((item, index) => {
      const comma = index < items.length - 1 || hasTrailingCommas ? "," : "";
      return `${gap()}${item()}${gap()}${comma}`;
    });
    return `${open}${written.join("")}${gap()}${close}`;
  };
  const member = (name: string, value: () => string) => () =>
    `${JSON.stringify(name)}${gap()}:${gap()}${value()}`;
  const one =
    ({ command, args, env }: Entry) =>
    () => {
      const own = [member("command", text(command))];
      if (args !== undefined) own.push(member("args", () => list("[", args.map(text), "]")));
      if (isArgsFirst) own.reverse();
      const envMembers = Object.entries(env).map(([name, value]) => member(name, text(value)));
      return list("{", [...own, member("env", () => list("{", envMembers, "}"))], "}");
    };
  const all = member("mcpServers", () =>
    list(
      "{",
      entries.map((each) => member(each.name, one(each))),
      "}",
    ),
  );
  return `${mark}${gap()}${list("{", [member("x", text("y")), all], "}")}${tail}`;
}

const tomlLayout = fc.record({
  style: fc.constantFrom("table", "inline", "dotted"),
  end: fc.constantFrom("\n", "\r\n"),
  comment: fc.constantFrom("", " # note [x]"),
  isLong: fc.boolean(),
  isArgsFirst: fc.boolean(),
  mark: fc.constantFrom("", "\uFEFF"),
  indent: fc.constantFrom("", "  "),
  hasFinalEnd: fc.boolean(),
});
type TomlLayout = typeof tomlLayout extends fc.Arbitrary<infer T> ? T : never;

/** A literal string where that is possible, else a basic one. */
function tomlText(value: string): string {
  return /^[\x20-\x26\x28-\x7e]*$/.test(value) && value.length % 2 === 0
    ? `'${value}'`
    : JSON.stringify(value).replaceAll("\u007f", String.raw`\u007f`);
}

function writeToml(entries: readonly Entry[], shape: TomlLayout): string {
  const { style, end, comment, isLong, isArgsFirst, mark, indent, hasFinalEnd } = shape;
  const isSpread = isLong && style !== "inline";
  const list = (args: readonly string[]): string =>
    isSpread
      ? `[${comment}${end}${args.map((arg) => `    ${tomlText(arg)},${comment}${end}`).join("")}${indent}]`
      : `[${args.map(tomlText).join(" , ")}]`;
  const pairs = ({ command, args }: Entry): string[] => {
    const own = [`command = ${tomlText(command)}`, ...(args === undefined ? [] : [`args=${list(args)}`])];
    return isArgsFirst ? own.toReversed() : own;
  };
  const blocks = entries.map((each) => {
    const name = JSON.stringify(each.name).replaceAll("\u007f", String.raw`\u007f`);
    if (style === "inline")
      return `mcp_servers.${name} = { ${pairs(each).join(", ")}, enabled = true }${comment}`;
    if (style === "dotted")
      return pairs(each)
        .map((pair) => `mcp_servers . ${name}.${pair}${comment}`)
        .join(end);
    return [
      `[mcp_servers.${name}]${comment}`,
      ...pairs(each).map((pair) => `${indent}${pair}${comment}`),
    ].join(end);
  });
  return `${mark}${["model = 'x'", ...blocks].join(end)}${hasFinalEnd ? end : ""}`;
}

const PLACES = {
  jsonc: { containers: [["mcpServers"]], plainUrl: "http" },
  toml: { containers: [["mcp_servers"]], plainUrl: "http" },
} as const;

function read(text: string, format: ConfigFormat): readonly ConfiguredServer[] {
  const parsed = format === "toml" ? parseToml(text) : parseJsonc(text);
  if (!parsed.ok) throw new Error(`${parsed.problem}\n${text}`);
  return serversIn(parsed.root, PLACES[format]);
}

function stdioIn(text: string, format: ConfigFormat): readonly StdioServer[] {
  return read(text, format).filter((server) => server.transport === "stdio");
}

function words({ command, args }: StdioServer): readonly string[] {
  return [command.text, ...args.map(({ text }) => text)];
}

function expectRoundTrip(text: string, format: ConfigFormat, isScript: boolean): void {
  const before = stdioIn(text, format);
  const edits = before.flatMap((server) => wrapStdio(text, format, server, { own: OWN, isScript }));
  const wrapped = applyEdits(text, edits);
  const after = stdioIn(wrapped, format);
  expect(after.map(({ name }) => name)).toEqual(before.map(({ name }) => name));
  for (const [index, server] of after.entries()) {
    const [program = "", ...args] = words(server);
    const found = wrappedCommand(program, args);
    const original = before[index];
    if (found === undefined || original === undefined) throw new Error(wrapped);
    expect(found.own).toEqual(OWN);
    expect(found.server.slice(isScript ? 4 : 0)).toEqual(words(original));
  }
  const undo = after.flatMap((server, index) =>
    unwrapStdio(wrapped, server, { isScript, isListAdded: before[index]?.list === undefined }),
  );
  expect(applyEdits(wrapped, undo)).toBe(text);
}

const entries = fc.uniqueArray(entry, { selector: ({ name }) => name, minLength: 1, maxLength: 3 });

describe("wrap and unwrap", () => {
  it("give back JSON with comments in every layout", () => {
    fc.assert(
      fc.property(entries, layout, fc.boolean(), (servers, shape, isScript) =>
        expectRoundTrip(writeJsonc(servers, shape), "jsonc", isScript),
      ),
      { numRuns: 300 },
    );
  });

  it("give back TOML in every layout", () => {
    fc.assert(
      fc.property(entries, tomlLayout, fc.boolean(), (servers, shape, isScript) =>
        expectRoundTrip(writeToml(servers, shape), "toml", isScript),
      ),
      { numRuns: 300 },
    );
  });
});
