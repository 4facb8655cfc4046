/** wrap and unwrap on the files of nine clients as three systems have them: nothing but the wrapped entries changes, and unwrap gives the same bytes. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CLIENTS } from "../../../src/commands/clients/client-table.ts";
import { parseJsonc } from "../../../src/commands/clients/text/jsonc-tree.ts";
import { type ConfiguredServer, serversIn } from "../../../src/commands/clients/text/servers.ts";
import { parseToml } from "../../../src/commands/clients/text/toml-tree.ts";
import { wrappedCommand } from "../../../src/commands/clients/text/wrapped-command.ts";
import { CLIENT_IDS, clientFileText, SYSTEMS } from "../../fixtures/client-files.ts";
import { PROGRAM, testHome } from "./run.ts";

const CASES = CLIENT_IDS.flatMap((client) => SYSTEMS.map((system) => [client, system] as const));

function servers(id: string, text: string): readonly ConfiguredServer[] {
  const client = CLIENTS.find((one) => one.id === id);
  const parsed = client?.format === "toml" ? parseToml(text) : parseJsonc(text);
  if (client === undefined || !parsed.ok) throw new Error(parsed.ok ? id : parsed.problem);
  return serversIn(parsed.root, client);
}

describe("the file of a client", () => {
  it.each(CASES)("of %s on %s has the same bytes after wrap and unwrap", async (client, system) => {
    const { run, home } = testHome(system);
    const file = join(home, "config");
    const before = clientFileText(client, system);
    writeFileSync(file, before);
    const names = servers(client, before).flatMap(({ name, transport }) =>
      transport === "unknown" ? [] : [name],
    );
    const flags = ["--client", client, "--file", file, "--yes"];
    const wrapped = await run("wrap", ...names, ...flags);
    expect([wrapped.code, wrapped.stderr]).toEqual([0, ""]);
    expect(wrapped.stdout).not.toContain("left as it is");
    const after = readFileSync(file, "utf8");
    for (const [index, server] of servers(client, after).entries())
      expectWrapped(server, servers(client, before)[index], client);
    const unwrapped = await run("unwrap", "--yes", "--client", client);
    expect([unwrapped.code, unwrapped.stderr]).toEqual([0, ""]);
    expect(readFileSync(file).equals(Buffer.from(before))).toBe(true);
  });
});

/** The client starts Tollgate, which starts the command that the entry had. */
function expectWrapped(server: ConfiguredServer, before: ConfiguredServer | undefined, client: string): void {
  expect(server.name).toBe(before?.name);
  if (server.transport === "unknown" || before === undefined || before.transport === "unknown") return;
  if (server.transport !== "stdio" || before.transport !== "stdio") {
    expect(server.transport !== "stdio" && server.address.text).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/(?:mcp|sse)$/,
    );
    return;
  }
  expect(server.command.text).toBe(PROGRAM[0]);
  const { own, server: command } =
    wrappedCommand(
      server.command.text,
      server.args.map(({ text }) => text),
    ) ?? {};
  expect(own?.slice(0, 2)).toEqual(PROGRAM);
  expect(own?.slice(own.indexOf("--agent"), own.indexOf("--agent") + 2)).toEqual(["--agent", client]);
  const original = [before.command.text, ...before.args.map(({ text }) => text)];
  expect(command?.slice(-original.length)).toEqual(original);
}

describe("a file that has changed since it was wrapped", () => {
  it.each(CLIENT_IDS)("of %s loses only the wrapping, without its backup, too", async (client) => {
    const { run, home } = testHome();
    const file = join(home, "config");
    const before = clientFileText(client, "linux");
    writeFileSync(file, before);
    await run("wrap", "--http", "--client", client, "--file", file, "--yes");
    const comment = client === "codex" ? "# added since\n" : "// added since\n";
    writeFileSync(file, comment + readFileSync(file, "utf8"));
    const { code, stdout } = await run("unwrap", "--yes");
    expect(code).toBe(0);
    expect(readFileSync(file, "utf8")).toBe(comment + before);
    expect(stdout).toContain("had changed since it was wrapped");
  });

  it("keeps a change to the server's own arguments", async () => {
    const { run, write } = testHome();
    const file = write("cursor", `{ "mcpServers": { "a": { "command": "npx", "args": ["-y", "a"] } } }`);
    await run("wrap", "--yes");
    writeFileSync(file, readFileSync(file, "utf8").replace(`"a"] }`, `"a@2", "--fast"] }`));
    await run("unwrap", "--yes");
    expect(readFileSync(file, "utf8")).toBe(
      `{ "mcpServers": { "a": { "command": "npx", "args": ["-y", "a@2", "--fast"] } } }`,
    );
  });

  it("is unwrapped by its own text when the record is lost", async () => {
    const { run, home, write } = testHome();
    const before = clientFileText("vscode", "linux");
    const file = write("vscode", before);
    await run("wrap", "--yes");
    await run("unwrap", "--yes", "--folder", join(home, "other"));
    expect(readFileSync(file, "utf8")).toBe(before);
  });
});

describe("some of the servers of a file", () => {
  it("are wrapped and unwrapped one after the other, and the last unwrap gives the same bytes", async () => {
    const { run, write } = testHome();
    const before = clientFileText("zed", "linux");
    const file = write("zed", before);
    for (const argv of [
      ["wrap", "bare"],
      ["wrap", "older"],
      ["unwrap", "bare"],
      ["wrap"],
      ["unwrap", "older"],
    ])
      expect(await run(...argv, "--yes")).toMatchObject({ code: 0, stderr: "" });
    expect(readFileSync(file, "utf8")).not.toBe(before);
    await run("unwrap", "--yes");
    expect(readFileSync(file, "utf8")).toBe(before);
  });
});
