/** The file of `tollgate up`: each mistake with its whole text, and the settings of each server. */

import { createRequire } from "node:module";
import type { Ajv2020 as Validator } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseServersFile, serverEnvironment } from "../../../src/config/up/servers-file.ts";
import { serversSchema } from "../../../src/config/up/servers-schema.ts";

// CommonJS, whose default export is not what its types say under ECMAScript modules.
const { Ajv2020 }: { Ajv2020: typeof Validator } = createRequire(import.meta.url)("ajv/dist/2020.js");

function parseFile(text: string, environment: Readonly<Record<string, string>> = {}) {
  return parseServersFile(text, { path: "servers.yaml", flags: {}, environment, isTerminal: false });
}

function problemsOf(text: string, environment?: Readonly<Record<string, string>>): readonly string[] {
  const reading = parseFile(text, environment);
  return reading.ok ? [] : reading.problems;
}

function serversOf(text: string) {
  const reading = parseFile(text);
  if (!reading.ok) throw new Error(reading.problems.join("\n"));
  return Object.fromEntries(reading.file.servers.map((server) => [server.name, server]));
}

const WHOLE = `admin: { listen: 127.0.0.1:9000, open: /metrics }
mode: shadow
env: [TOKEN]
upstream-ca: ca.pem
servers:
  files: { command: [npx, -y, some-server, 8], policy: files.yaml, listen: 127.0.0.1:8101, mode: enforce }
  search: { upstream: https://search.example/mcp, admin: 127.0.0.1:9001 }
  notes: { command: uvx notes-server --db notes.db }
`;

describe("the file of tollgate up", () => {
  it("gives each server its own settings, and those at the top that it does not give", () => {
    const { files, search, notes } = serversOf(WHOLE);
    expect(files?.settings).toMatchObject({
      server: "files",
      mode: "enforce",
      policy: "files.yaml",
      listen: { host: "127.0.0.1", port: 8101 },
      upstream: { kind: "stdio", command: "npx", args: ["-y", "some-server", "8"] },
    });
    expect(search?.settings).toMatchObject({ mode: "shadow", upstream: { kind: "http" } });
    expect(notes?.settings.upstream).toMatchObject({ args: ["notes-server", "--db", "notes.db"] });
  });

  it("gives a server free ports where it names none, and the rest of the shared admin settings", () => {
    const { notes, search } = serversOf(WHOLE);
    expect(notes?.settings).toMatchObject({ listen: { port: 0 }, admin: { host: "127.0.0.1", port: 0 } });
    expect(notes?.settings.admin.open).toEqual(new Set(["/metrics"]));
    expect(search?.settings.admin.port).toBe(9001);
  });

  it("keeps the digest of a server when only another one changes", () => {
    const [before, after] = [serversOf(WHOLE), serversOf(WHOLE.replace("some-server, 8", "some-server, 9"))];
    expect(after["notes"]?.digest).toBe(before["notes"]?.digest);
    expect(after["files"]?.digest).not.toBe(before["files"]?.digest);
  });

  it("withholds from sidecars the variables that are settings of one", () => {
    const environment = { TOLLGATE_ADMIN: "x", TOLLGATE_ADMIN_TOKEN: "t", PATH: "/bin" };
    expect(serverEnvironment(environment)).toEqual({ TOLLGATE_ADMIN_TOKEN: "t", PATH: "/bin" });
  });

  it.each([
    [
      "",
      [
        "servers.yaml: servers: must be a mapping of at least one server, as in servers: { files: { command: [npx, -y, some-server] } }",
      ],
    ],
    ["- a\n", ["servers.yaml: must be a mapping with servers"]],
    [
      "servers: {}\n",
      [
        "servers.yaml: line 1, column 1: servers: must be a mapping of at least one server, as in servers: { files: { command: [npx, -y, some-server] } }",
      ],
    ],
    [
      "servers: { a: { command: [x] }\n",
      ["servers.yaml: line 2, column 1: a mapping that begins with { must end with } before this"],
    ],
    [
      "servers:\n  a: {}\n",
      [
        "servers.yaml: line 2, column 3: servers.a: needs command, such as [npx, -y, some-server], or upstream, such as http://127.0.0.1:3000/mcp",
      ],
    ],
    [
      "servers:\n  a: { command: [x], upstream: http://127.0.0.1:3/ }\n",
      ["servers.yaml: line 2, column 8: servers.a: has both command and upstream: choose one of the two"],
    ],
    [
      "servers:\n  a: [x]\n",
      ["servers.yaml: line 2, column 3: servers.a: must be a mapping with command or upstream"],
    ],
    [
      "servers:\n  a b: { command: [x] }\n",
      ["servers.yaml: line 2, column 3: servers.a b: must be a name of 1 to 60 letters, digits, or ._-"],
    ],
    [
      "servers:\n  a: { command: 'x \"y z\"' }\n",
      [
        "servers.yaml: line 2, column 8: servers.a.command: has a character that only a shell reads: write it as a list of words",
      ],
    ],
    [
      "servers:\n  a: { command: [] }\n",
      ["servers.yaml: line 2, column 8: servers.a.command: must begin with the program to start"],
    ],
    [
      "servers:\n  a: { command: [x, [y]] }\n",
      ["servers.yaml: line 2, column 8: servers.a.command: must be a list of texts"],
    ],
    [
      "servers:\n  a: { command: 5 }\n",
      [
        "servers.yaml: line 2, column 8: servers.a.command: must be a list of words, or one text without quotes",
      ],
    ],
    [
      "servers:\n  a: { comand: [x], command: [y] }\n",
      ['servers.yaml: line 2, column 8: servers.a: unknown: comand, did you mean "command"?'],
    ],
    [
      "servers:\n  a: { command: [x], polcy: p.yaml }\n",
      ['servers.yaml: line 2, column 22: servers.a: unknown: polcy, did you mean "policy"?'],
    ],
    [
      "servers:\n  a: { command: [x], mode: shado }\n",
      ['servers.yaml: line 2, column 22: servers.a: mode: must be enforce or shadow, did you mean "shadow"?'],
    ],
    [
      "servers:\n  a:\n    command: [x]\n    stdio:\n      idle-ms: 1\n",
      ["servers.yaml: line 5, column 7: servers.a: stdio.idle-ms: must be at least 1000, got 1"],
    ],
    [
      "servers:\n  a: { upstream: http://127.0.0.1:3/, env: [A] }\n",
      ["servers.yaml: line 2, column 39: servers.a: env: is for a server that is started: add -- COMMAND"],
    ],
    [
      "listen: 127.0.0.1:1\nservers: { a: { command: [x] } }\n",
      ["servers.yaml: line 1, column 1: listen: belongs to one server: write it below servers.NAME"],
    ],
    [
      "server: { a: { command: [x] } }\n",
      [
        "servers.yaml: line 1, column 1: server: belongs to one server: write it below servers.NAME",
        "servers.yaml: servers: must be a mapping of at least one server, as in servers: { files: { command: [npx, -y, some-server] } }",
      ],
    ],
    [
      "moode: shadow\nservers: { a: { command: [x] } }\n",
      ['servers.yaml: line 1, column 1: unknown: moode, did you mean "mode"?'],
    ],
    [
      "mode: shado\nservers: { a: { command: [x] }, b: { command: [y] } }\n",
      ['servers.yaml: line 1, column 1: mode: must be enforce or shadow, did you mean "shadow"?'],
    ],
    [
      "admin: nowhere\nservers: { a: { command: [x] } }\n",
      ['servers.yaml: line 1, column 1: admin: must be HOST:PORT, got "nowhere"'],
    ],
    [
      "log-level: loud\nservers: { a: { command: [x] } }\n",
      ["servers.yaml: line 1, column 1: log-level: must be trace, debug, info, warn, error or silent"],
    ],
    [
      "servers:\n  a: { command: [x], listen: 127.0.0.1:1 }\n  b: { command: [x], listen: 0.0.0.0:1 }\n",
      [
        "servers.yaml: line 3, column 22: servers.b.listen: the address 0.0.0.0:1 is that of servers.a.listen, too: give each its own",
      ],
    ],
    [
      "admin: 127.0.0.1:1\nservers:\n  a: { command: [x], admin: 127.0.0.1:1 }\n",
      [
        "servers.yaml: line 3, column 22: servers.a.admin: the address 127.0.0.1:1 is that of admin, too: give each its own",
      ],
    ],
    [
      "audit: a.jsonl\nservers:\n  a: { command: [x] }\n  b: { command: [y] }\n",
      [
        "servers.yaml: line 4, column 3: servers.b.audit: the audit log a.jsonl is that of servers.a.audit, too: give each its own",
      ],
    ],
    [
      "servers:\n  a: { command: [x] }\n  b: { command: [y], server: a }\n",
      [
        "servers.yaml: line 3, column 22: servers.b.server: the server label a is that of servers.a.server, too: give each its own",
      ],
    ],
  ])("names the place and the cure in %j", (text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  it("refuses variables of one sidecar, and reports a misspelled one once", () => {
    const two = "servers: { a: { command: [x] }, b: { command: [y] } }\n";
    expect(problemsOf(two, { TOLLGATE_POLICY: "p.yaml", TOLLGATE_ADMN: "x" })).toEqual([
      "TOLLGATE_POLICY: is not read by tollgate up: write the setting in the file, and unset it",
      "TOLLGATE_ADMN: is no variable of Tollgate, did you mean `TOLLGATE_ADMIN`?",
    ]);
  });

  it("allows two addresses on one port, and the same free port", () => {
    const text =
      "servers:\n  a: { command: [x], listen: 127.0.0.1:1 }\n  b: { command: [x], listen: 127.0.0.2:1 }\n";
    expect(problemsOf(text)).toEqual([]);
  });
});

describe("the JSON Schema of the file", () => {
  const validate = new Ajv2020({ strict: false }).compile(serversSchema());

  it("admits a file that the program admits", () => {
    expect(validate(parse(WHOLE))).toBe(true);
  });

  it.each([
    "mode: shadow",
    "servers: { a: { comand: [x] } }",
    "servers: { a: { command: [] } }",
    "servers: { a: { command: x, mode: shado } }",
    "moode: x\nservers: { a: { command: x } }",
  ])("refuses %j", (text) => {
    expect(validate(parse(text))).toBe(false);
  });
});
