/** `tollgate clients list, wrap, unwrap, status`: choices, refusals, empty states, and files that must not be touched. */

import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runClients } from "../../../src/commands/clients.ts";
import { replaceText } from "../../../src/commands/clients/file-text.ts";
import { captureIo } from "../../fixtures/capture-io.ts";
import { clientFileText } from "../../fixtures/client-files.ts";
import { serve } from "../../fixtures/lifetime.ts";
import { testHome } from "./run.ts";

const ONE = `{ "mcpServers": { "a": { "command": "npx", "args": ["a"] } } }`;

describe("tollgate clients", () => {
  it("has a help", async () => {
    const { run } = testHome();
    for (const argv of [
      [],
      ["--help"],
      ["list", "--help"],
      ["wrap", "-h"],
      ["unwrap", "--help"],
      ["status", "--help"],
    ]) {
      const { code, stdout } = await run(...argv);
      expect([code, stdout.split(" ").slice(0, 3).join(" ")]).toEqual([0, "Usage: tollgate clients"]);
    }
  });

  it("starts the program of this process where none is given", async () => {
    const { home, machine, write } = testHome();
    const file = write("cursor", ONE);
    const argv = ["wrap", "--yes", "--folder", join(home, "kept")];
    await captureIo((io) => runClients(argv, { ...io, stdin: process.stdin, environment: {}, machine }));
    expect(readFileSync(file, "utf8")).toContain(JSON.stringify(process.execPath));
  });

  it.each([
    [["lst"], "tollgate clients: unknown command `lst`, did you mean `list`?"],
    [["list", "x"], "tollgate clients list: unexpected `x`"],
    [["status", "x"], "tollgate clients status: unexpected `x`"],
    [["list", "--clent", "x"], "tollgate clients list: unknown option `--clent`, did you mean `--client`?"],
    [
      ["wrap", "--client", "cursr", "--yes"],
      'tollgate clients wrap: --client: unknown client "cursr", did you mean "cursor"?',
    ],
    [
      ["list", "--client", "emacs"],
      'tollgate clients list: --client: unknown client "emacs"; known: claude-desktop, claude-code, cursor, vscode, windsurf, cline, zed, gemini-cli, codex',
    ],
    [
      ["list", "--scope", "both"],
      'tollgate clients list: --scope: must be user or project or all, got "both"',
    ],
    [["list", "--format", "xml"], 'tollgate clients list: --format: must be text or json, got "xml"'],
    [
      ["unwrap", "--file", "x", "--yes"],
      "tollgate clients unwrap: --file: needs one --client, which says how to read it",
    ],
    [
      ["wrap", "--yes", "--mode", "audit"],
      'tollgate clients wrap: --mode: must be shadow or enforce, got "audit"',
    ],
    [
      ["wrap", "--yes", "--launcher", "docker"],
      'tollgate clients wrap: --launcher: must be path, npx or name, got "docker"',
    ],
    [
      ["wrap", "--yes", "--dry-run"],
      "tollgate clients wrap: --yes: must not stand beside --dry-run: choose one of the two",
    ],
    [
      ["wrap"],
      "tollgate clients wrap: stdin is no terminal to ask on: give --yes to write, or --dry-run to see",
    ],
    [
      ["unwrap", "--format", "json"],
      "tollgate clients unwrap: --format json: asks no question: give --yes to write, or --dry-run to see",
    ],
  ])("refuses %j", async (argv, text) => {
    const { code, stderr } = await testHome().run(...argv);
    expect([code, stderr.split("\n")[0]]).toEqual([64, text]);
  });
});

describe("tollgate clients list", () => {
  it("says where it looked when there is no client", async () => {
    const { run, home } = testHome();
    const { code, stdout } = await run("list");
    expect(code).toBe(0);
    expect(stdout).toContain("no configuration file of an MCP client was found. Looked for:");
    expect(stdout).toContain(join(home, ".cursor/mcp.json"));
    expect(stdout).toContain("tollgate clients list --client cursor --file FILE");
  });

  it("has the servers of every scope, with their transport, wrapped or not", async () => {
    const { run, write, machine } = testHome();
    write("claude-code", clientFileText("claude-code", "linux"));
    write("zed", clientFileText("zed", "linux"));
    write("windsurf", "");
    writeFileSync(join(machine.project, ".mcp.json"), ONE);
    await run("wrap", "bare", "--yes");
    const { stdout } = await run("list");
    expect(stdout.split("\n").map((line) => line.split(/ {2,}/).slice(0, 5).join(" "))).toEqual([
      "client scope server transport wrapped",
      "claude-code user github http no",
      "claude-code user playwright stdio no",
      "claude-code local db stdio no",
      "claude-code project a stdio no",
      expect.stringMatching(/^windsurf user \(none\) /),
      "zed user local-mcp-server stdio no",
      "zed user older stdio no",
      "zed user bare stdio yes",
      "zed user mcp-server-github - -",
      "zed user remote-mcp-server http no",
      "",
      "next: tollgate clients wrap --dry-run",
      "",
    ]);
    const value = JSON.parse((await run("list", "--client", "zed", "--format", "json")).stdout);
    expect(value.files[0].servers[3]).toEqual({
      name: "mcp-server-github",
      path: ["context_servers", "mcp-server-github"],
      transport: "unknown",
      wrapped: false,
      reason: "has neither a command nor an address",
    });
  });
});

describe("tollgate clients wrap", () => {
  it("shows the change and writes nothing with --dry-run, or when the answer is no", async () => {
    const { run, answer, write, home } = testHome();
    const file = write("cursor", ONE);
    const dry = await run("wrap", "--dry-run");
    expect(dry.stdout).toContain(`- ${ONE}\n+ {`);
    expect(dry.stdout).toContain("nothing was written");
    const declined = await answer("n", "wrap");
    expect(declined.stderr).toContain("Write these changes to 1 file? [y/N]");
    expect(readFileSync(file, "utf8")).toBe(ONE);
    expect(existsSync(join(home, ".tollgate"))).toBe(false);
  });

  it("writes when the answer is yes", async () => {
    const { answer, write } = testHome();
    const file = write("cursor", ONE);
    expect(await answer("y", "wrap")).toMatchObject({ code: 0 });
    expect(readFileSync(file, "utf8")).not.toBe(ONE);
  });

  it("shows no value of env and headers, no argument after a name of a credential, and no query of an address", async () => {
    const { run, write } = testHome();
    const secrets = ["s1-env", "s2-flag", "s3-header", "s4-query", "sk-s5", "s6-equals", "s7-pass", "s8-H"];
    const args = [
      "--api-key",
      "s2-flag",
      "--token=s6-equals",
      "sk-s5",
      "postgres://u:s7-pass@h/d",
      "-H",
      "X: s8-H",
      "plain",
    ];
    const servers = {
      a: { command: "npx", args, env: { KEY: "s1-env" } },
      b: { url: "https://x.example/mcp?key=s4-query", headers: { A: "s3-header" } },
    };
    write("cursor", JSON.stringify({ mcpServers: servers }));
    const wrapped = await run("wrap", "--http", "--yes");
    const unwrapped = await run("unwrap", "--yes");
    for (const { stdout } of [wrapped, unwrapped]) {
      expect(stdout).toContain("plain");
      expect(secrets.filter((secret) => stdout.includes(secret))).toEqual([]);
    }
  });

  it("leaves wrapped entries as they are, also such as were wrapped by hand", async () => {
    const { run, write } = testHome();
    const file = write(
      "cursor",
      `{ "mcpServers": { "a": { "command": "npx" }, "b": { "command": "tollgate", "args": ["--", "npx"] } } }`,
    );
    await run("wrap", "--yes");
    const once = readFileSync(file, "utf8");
    const again = await run("wrap", "--yes");
    expect(again.stdout).toContain("left as it is: b of Cursor is wrapped already");
    expect(again.stdout).toContain("nothing was written");
    expect(readFileSync(file, "utf8")).toBe(once);
  });

  it("names the nearest server, and writes nothing, when no file has one of that name", async () => {
    const { run, write } = testHome();
    write("cursor", `{ "mcpServers": { "github": { "command": "npx" } } }`);
    const { code, stderr } = await run("wrap", "githb", "--yes");
    expect([code, stderr]).toEqual([1, 'tollgate: no file has a server "githb", did you mean "github"?\n']);
  });

  it("touches files of a project only where --scope says so", async () => {
    const { run, machine } = testHome();
    const file = join(machine.project, ".mcp.json");
    writeFileSync(file, ONE);
    await run("wrap", "--yes");
    expect(readFileSync(file, "utf8")).toBe(ONE);
    await run("wrap", "--yes", "--scope", "project");
    expect(readFileSync(file, "utf8")).not.toBe(ONE);
    await run("unwrap", "--yes");
    expect(readFileSync(file, "utf8")).toBe(ONE);
  });

  it("gives the same server of two clients one policy, and two servers of one name two", async () => {
    const { run, write, home } = testHome();
    write("cursor", ONE);
    write("windsurf", ONE);
    write("cline", ONE.replace(`["a"]`, `["other"]`));
    await run("wrap", "--yes");
    expect(readdirSync(join(home, ".tollgate/policies"))).toEqual(["a-2.json", "a.json"]);
    const { servers } = JSON.parse((await run("status", "--format", "json")).stdout);
    expect(servers.map(({ admin }: { admin: string }) => admin)).toEqual([
      "127.0.0.1:9470-9479",
      "127.0.0.1:9480-9489",
      "127.0.0.1:9490-9499",
    ]);
  });

  it("keeps a policy that is there, and writes new ones with --mode", async () => {
    const { run, write, home } = testHome();
    write("cursor", ONE);
    const policy = join(home, ".tollgate/policies/a.json");
    await run("wrap", "--yes", "--mode", "enforce");
    expect(JSON.parse(readFileSync(policy, "utf8"))).toMatchObject({ mode: "enforce", default: "allow" });
    writeFileSync(policy, "{}");
    await run("unwrap", "--yes");
    await run("wrap", "--yes");
    expect(readFileSync(policy, "utf8")).toBe("{}");
  });

  it.each([
    [["--launcher", "name"], { command: "tollgate", first: "--server" }],
    [["--launcher", "npx"], { command: "npx", first: "-y" }],
  ])("starts Tollgate by %j", async (flags, { command, first }) => {
    const { run, write } = testHome();
    const file = write("cursor", ONE);
    await run("wrap", "--yes", ...flags);
    const { a } = JSON.parse(readFileSync(file, "utf8")).mcpServers;
    expect([a.command, a.args[0]]).toEqual([command, first]);
    expect((await run("list")).stdout).toMatch(/ stdio +yes /);
  });

  it("writes a server at an address into the file of tollgate up, and takes it out again", async () => {
    const { run, write, home } = testHome();
    write("cline", clientFileText("cline", "linux"));
    const up = join(home, ".tollgate/servers.yaml");
    const { stdout } = await run("wrap", "--http", "--yes");
    expect(stdout).toContain(`reached only while this runs: tollgate up ${up}`);
    expect(readFileSync(up, "utf8")).toContain(
      `  old-server-8471:
    upstream: https://your-server-url.example/sse
    listen: 127.0.0.1:8471
    admin: 127.0.0.1:9490
    policy: ${home}/.tollgate/policies/old-server.json
    agent: cline
    serve-sse: true
`,
    );
    await run("unwrap", "old-server", "--yes");
    expect(readFileSync(up, "utf8")).not.toContain("old-server");
    await run("unwrap", "--yes");
    expect(existsSync(up)).toBe(false);
  });

  it("leaves an address with a variable to the client", async () => {
    const { run, write } = testHome();
    write(
      "cursor",
      `{ "mcpServers": { "r": { "url": "https://\${env:HOST}/mcp" }, "s": { "url": "ws://x/mcp" } } }`,
    );
    const { stdout } = await run("wrap", "--http", "--yes");
    expect(stdout).toContain(
      "left as it is: r of Cursor has a variable in its address, which only the client can resolve",
    );
    expect(stdout).toContain("left as it is: s of Cursor has an address that is no URL of http or https");
  });
});

describe("a file of a client", () => {
  it.each([
    [
      "cursor",
      `{\n  "mcpServers": {\n    "a": { "command": "x" "args": [] } } }`,
      "line 3, column 27: comma expected",
    ],
    ["codex", "[mcp_servers.a]\ncommand = \n", "line 3, column 1: unspecified values are invalid"],
    ["cursor", "[1]", "line 1, column 1: must be an object"],
  ])(
    "of %s that cannot be parsed is named with its line, and nothing is written",
    async (client, text, problem) => {
      const { run, write, home } = testHome();
      const file = write(client, text);
      const other = write("windsurf", ONE);
      const wrapped = await run("wrap", "--yes");
      expect([wrapped.code, wrapped.stderr.toLowerCase()]).toEqual([
        1,
        `tollgate: ${file}: ${problem}\n`.toLowerCase(),
      ]);
      expect(readFileSync(other, "utf8")).toBe(ONE);
      expect(existsSync(join(home, ".tollgate"))).toBe(false);
      expect((await run("list")).code).toBe(1);
    },
  );

  it("that is not UTF-8 is refused", async () => {
    const { run, write, fileOf } = testHome();
    write("cursor", "");
    writeFileSync(fileOf("cursor"), Buffer.from([0xff, 0xfe, 0x7b, 0]));
    const { code, stderr } = await run("wrap", "--yes");
    expect([code, stderr]).toEqual([1, `tollgate: ${fileOf("cursor")}: is not UTF-8; save it as UTF-8\n`]);
  });

  it("that is a symbolic link stays one, and its mode stays", async () => {
    const { run, home, fileOf } = testHome();
    const target = join(home, "dotfiles.json");
    writeFileSync(target, ONE);
    chmodSync(target, 0o600);
    mkdirSync(join(home, ".cursor"));
    symlinkSync(target, fileOf("cursor"));
    await run("wrap", "--yes");
    expect(lstatSync(fileOf("cursor")).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, "utf8")).not.toBe(ONE);
    expect(statSync(target).mode & 0o777).toBe(0o600);
    await run("unwrap", "--yes");
    expect(readFileSync(target, "utf8")).toBe(ONE);
  });

  it("that is read-only is left as it is", async () => {
    const { run, write } = testHome();
    const file = write("cursor", ONE);
    chmodSync(file, 0o444);
    const { code, stderr } = await run("wrap", "--yes");
    expect([code, stderr]).toEqual([
      1,
      `tollgate: ${file}: is read-only; make it writable, or leave its client out with --client\n`,
    ]);
    expect(readFileSync(file, "utf8")).toBe(ONE);
  });

  it("that another program has written in the meantime is left as it is", () => {
    const { write } = testHome();
    const file = write("cursor", ONE);
    expect(replaceText(file, "as it was read", "new")).toBe(
      `${file}: has changed since it was read, and was left as it is; run the command again`,
    );
    expect(readFileSync(file, "utf8")).toBe(ONE);
  });

  it("that two clients share by a symbolic link is wrapped once", async () => {
    const { run, write, fileOf, home } = testHome();
    const file = write("cursor", ONE);
    mkdirSync(join(home, ".codeium/windsurf"), { recursive: true });
    symlinkSync(file, fileOf("windsurf"));
    expect((await run("wrap", "--yes")).stdout).toContain("wrapped 1 server in 1 file");
  });

  it("with arguments that are no list of texts is left as it is", async () => {
    const { run, write } = testHome();
    write(
      "cursor",
      `{ "mcpServers": { "a": { "command": "x", "args": "y" }, "b": { "command": "x", "args": [1] } } }`,
    );
    const { stdout } = await run("wrap", "a", "b", "--yes");
    expect(stdout).toContain("left as it is: a of Cursor has arguments that are no list of texts");
    expect(stdout).toContain("left as it is: b of Cursor has arguments that are no list of texts");
  });
});

describe("tollgate clients unwrap", () => {
  it("says so when nothing is wrapped", async () => {
    expect((await testHome().run("unwrap", "--yes")).stdout).toBe(
      "no wrapped server was found; see tollgate clients list\n",
    );
  });

  it("takes an entry that was wrapped by hand only by its name", async () => {
    const { run, write } = testHome();
    const hand = `{ "mcpServers": { "b": { "command": "tollgate", "args": ["--mode", "shadow", "--", "npx", "b"] } } }`;
    const file = write("cursor", hand);
    await run("unwrap", "--yes");
    expect(readFileSync(file, "utf8")).toBe(hand);
    await run("unwrap", "b", "--yes");
    expect(readFileSync(file, "utf8")).toBe(`{ "mcpServers": { "b": { "command": "npx", "args": ["b"] } } }`);
  });

  it("refuses a record that it did not write", async () => {
    const { run, home } = testHome();
    mkdirSync(join(home, ".tollgate"));
    writeFileSync(join(home, ".tollgate/clients.json"), "{}");
    expect((await run("unwrap", "--yes")).stderr).toContain(
      "is not what tollgate clients wrote; move it away",
    );
  });
});

/** The metrics of a sidecar before that server. */
function metrics(server: string): string {
  return `tollgate_upstream_up{server="${server}"} 1
tollgate_tool_calls_total{server="${server}",tool="t",outcome="ok"} 3
tollgate_tool_calls_total{server="${server}",tool="u",outcome="ok"} 1
tollgate_tool_denials_total{server="${server}",tool="u",mode="shadow"} 1
tollgate_tool_denials_total{server="${server}",tool="u",mode="enforce"} 2
`;
}

function wrapped(name: string, { port }: URL): string {
  return `"${name}": { "command": "tollgate", "args": ["--server", "mine", "--admin", "127.0.0.1:${port}", "--", "npx"] }`;
}

describe("tollgate clients status", () => {
  it("says what to do when nothing is wrapped", async () => {
    expect((await testHome().run("status")).stdout).toBe(
      "no server is wrapped. See what there is with tollgate clients list, then tollgate clients wrap\n",
    );
  });

  it("adds up the sidecars that answer with the name of the server", async () => {
    const own = await serve((_body, response) => void response.end(metrics("mine")));
    const other = await serve((_body, response) => void response.end(metrics("other")));
    const { run, write } = testHome();
    write(
      "cursor",
      `{ "mcpServers": { ${wrapped("a", new URL(own.url))}, ${wrapped("b", new URL(other.url))} } }`,
    );
    const { stdout } = await run("status");
    const rows = stdout.split("\n").map((line) => line.split(/ {2,}/).slice(0, 6).join(" "));
    expect(rows[1]).toBe("cursor a runs 4 2 1");
    expect(rows[2]).toBe("cursor b stopped - - -");
  });
});
