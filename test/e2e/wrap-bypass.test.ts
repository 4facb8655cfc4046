/** Messages built to get a denied tool executed, sent as lines to a wrapped server that executes every call it receives. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { temporaryFolder } from "../fixtures/lifetime.ts";
import { serverFile, WrapClient } from "../fixtures/start-wrap.ts";
import { PLAIN_CALL, VECTORS } from "./bypass/vectors.ts";

const POLICY = { version: "1", default: "allow", hide: [], tools: { delete_all: { action: "deny" } } };

const folder = temporaryFolder();
let client: WrapClient;
let vectorsSent = 0;

beforeAll(() => {
  writeFileSync(join(folder, "policy.json"), JSON.stringify(POLICY));
  client = start(["--policy", join(folder, "policy.json")]);
});
afterAll(() => client.close());

function start(flags: readonly string[]): WrapClient {
  for (const file of ["executed", "audit"]) writeFileSync(join(folder, file), "");
  const server = [process.execPath, serverFile("executing"), join(folder, "executed")];
  return new WrapClient({ server, flags: ["--audit", join(folder, "audit"), ...flags] });
}

const linesOf = (file: string): string[] =>
  readFileSync(join(folder, file), "utf8").split("\n").filter(Boolean);

/** The effects of the bytes, possibly several lines, at the time when a later ping was answered. */
async function observe(body: string) {
  const before = {
    executed: linesOf("executed").length,
    audited: linesOf("audit").length,
    lines: client.lines.length,
  };
  client.process.stdin.write(Buffer.concat([Buffer.from(body, "base64"), Buffer.from("\n")]));
  await client.ask(`after ${(vectorsSent += 1)}`, "ping");
  return {
    executed: linesOf("executed").slice(before.executed),
    effects: linesOf("audit")
      .slice(before.audited)
      .map((line) => (JSON.parse(line) as { effect: string }).effect),
    answers: client.lines.length - before.lines - 1,
  };
}

/** Over HTTP the charset decides; here it is a tool of that name, which the policy does not forbid. */
const ODD_NAME = "utf7 charset";
/** A ping alone, or next to a denied call. */
const PINGS = new Set(["CR smuggle in ping", "two docs LF"]);

describe("a wrapped server", () => {
  it("executes a bare call when there is no policy", async () => {
    const open = start([]);
    open.process.stdin.write(`${Buffer.from(PLAIN_CALL.body, "base64")}\n`);
    await open.answer(9);
    expect(linesOf("executed")).toEqual(["delete_all"]);
    await open.close();
  });

  it.each(VECTORS.filter(({ name }) => name !== ODD_NAME))(
    "does not execute what is denied by way of `$name`",
    async ({ name, body }) => {
      const lines = Buffer.from(body, "base64").toString("latin1").split("\n").length;
      const { executed, effects, answers } = await observe(body);
      expect(executed).toEqual([]);
      // One record for each line that was denied or refused, none for a ping, and an answer to all of them.
      expect(effects).toEqual(Array.from({ length: lines - Number(PINGS.has(name)) }, () => "deny"));
      expect(answers).toBe(lines);
    },
  );

  it("allows a tool whose name is a denied name in UTF-7", async () => {
    const { body = "" } = VECTORS.find(({ name }) => name === ODD_NAME) ?? {};
    const { executed, effects } = await observe(body);
    expect({ executed, effects }).toEqual({ executed: ["+AGQ-elete_all"], effects: ["allow"] });
  });
});
