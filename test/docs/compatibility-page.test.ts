/** docs/compatibility.md is what the last full run of the zoo wrote: every cell of its table, at the pinned versions. */

import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { isPossible } from "../zoo/cells.ts";
import { CLIENTS } from "../zoo/clients.ts";
import { REASONS } from "../zoo/differences.ts";
import { ROUTES } from "../zoo/routes.ts";
import { SERVERS } from "../zoo/servers.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/compatibility.md"), "utf8");
const PINS = [
  "package.json",
  ...globSync("test/zoo/**/{requirements-*.txt,go.mod,Cargo.toml,pom.xml,package.json}", { cwd: ROOT }),
]
  .map((file) => readFileSync(join(ROOT, file), "utf8"))
  .join("\n");
const reasons = [...PAGE.matchAll(/^\d+\. (.*)$/gm)].map(([, reason = ""]) => reason);

/** The cells of a client's row in the section of a server. */
function rowOf(server: string, client: string): readonly string[] {
  const section = PAGE.split(/^## /m).find((text) => text.startsWith(`Server: ${server}\n`)) ?? "";
  const row = section.split("\n").find((line) => line.startsWith(`| ${client} |`)) ?? "";
  return row
    .split(" | ")
    .slice(1)
    .map((cell) => cell.replace(/ \|$/, ""));
}

const ROWS = SERVERS.flatMap((server) => CLIENTS.map((client) => ({ server, client })));

describe("docs/compatibility.md", () => {
  it.each(ROWS.map(({ server, client }) => [client.name, server.name, { server, client }] as const))(
    "shows %s before %s in every mode",
    (_client, _server, { server, client }) => {
      const routes = ROUTES.filter((route) => route.upstream !== "sse" || server.sse !== undefined);
      const cells = rowOf(server.name, client.name);
      expect(cells).toHaveLength(routes.length);
      for (const [index, route] of routes.entries()) {
        const isRun = isPossible({ client, server, route });
        expect(cells[index]).toMatch(
          isRun
            ? /^\d+ equal$|^\d+ of \d+ equal(?:, \[\d+\]( \[\d+\])*)$|^does not work directly, \[\d+\]$/
            : /^not spoken by the client$/,
        );
      }
    },
  );

  it("gives a reason of the table of reasons for every difference", () => {
    const numbers = [...PAGE.matchAll(/\[(\d+)\]/g)].map(([, number]) => Number(number));
    expect([...new Set(numbers)].toSorted((a, b) => a - b)).toEqual(
      reasons.map((_reason, index) => index + 1),
    );
    expect(reasons.filter((reason) => !REASONS.includes(reason))).toEqual([]);
  });

  it.each([...CLIENTS, ...SERVERS].map(({ name, library }) => [name, library]))(
    "names the pinned version of %s: %s",
    (_name, library) => {
      expect(PAGE).toContain(`| ${library} |`);
      const [name = "", version = ""] = library.split(" ");
      const at = PINS.indexOf(name.split(":").at(-1) ?? name);
      expect(at, name).toBeGreaterThan(-1);
      expect(PINS).toMatch(
        new RegExp(
          `${RegExp.escape(name.split(":").at(-1) ?? name)}[^\\n]{0,14}(?:\\n\\s*)?[^\\n]{0,12}${RegExp.escape(version)}\\b`,
        ),
      );
    },
  );
});
