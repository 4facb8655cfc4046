/** `tollgate freeze` of names that the sidecar does not know. */

import { createServer } from "node:http";
import { once } from "node:events";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { runFreeze } from "../../../src/commands/control/freeze.ts";
import { captureIo, type Run } from "../../fixtures/capture-io.ts";

const answers = new Map<string, unknown>();
const frozen: string[] = [];
const admin = createServer((request, response) => {
  const { method, url = "" } = request;
  if (method === "POST") frozen.push(url);
  const answer = method === "POST" ? {} : answers.get(url);
  response.writeHead(answer === undefined ? 401 : 200, { "content-type": "application/json" });
  response.end(JSON.stringify(answer ?? { error: "the token is missing" }));
});
let address: string;

beforeAll(async () => {
  admin.listen(0, "127.0.0.1");
  await once(admin, "listening");
  const bound = admin.address();
  address = typeof bound === "object" && bound !== null ? `127.0.0.1:${bound.port}` : "";
});
afterAll(() => admin.close());

beforeEach(() => {
  frozen.length = 0;
  answers.clear();
  answers.set("/activity", { pairs: [{ agent: "agent-one" }, { agent: "agent-two" }] });
  answers.set("/tools", { tools: [{ name: "read_file" }] });
});

function freeze(argv: readonly string[], environment: Record<string, string> = {}): Promise<Run> {
  return captureIo((io) => runFreeze("freeze", [...argv, "--admin", address], { ...io, environment }));
}

describe("a name", () => {
  it.each([
    [
      ["--agent", "agnet-one"],
      "--agent: `agnet-one` has made no call in the last hour, did you mean `agent-one`?",
    ],
    [["--agent", "zzz"], "--agent: `zzz` has made no call in the last hour"],
    [["--tool", "readfile"], "--tool: `readfile` is no tool of the server, did you mean `read_file`?"],
    [
      ["--agent", "agent-two", "--tool", "raed_file"],
      "--tool: `raed_file` is no tool of the server, did you mean `read_file`?",
    ],
  ])("that no agent or tool has freezes nothing: %j", async (argv, problem) => {
    const hint = "; nothing was frozen, add --unseen to freeze it all the same";
    expect(await freeze(argv)).toEqual({ code: 1, stdout: "", stderr: `tollgate: ${problem}${hint}\n` });
    expect(frozen).toEqual([]);
    expect((await freeze([...argv, "--unseen"])).code).toBe(0);
    expect(frozen).toEqual(["/freeze"]);
  });

  it.each([[["--agent", "agent-one"]], [["--tool", "read_file"]], [[]]])(
    "that is known freezes: %j",
    async (argv) => {
      expect((await freeze(argv)).code).toBe(0);
    },
  );

  it.each<[string, string, unknown]>([
    ["has no calls yet", "/activity", { pairs: [] }],
    ["counts further agents together", "/activity", { pairs: [{ agent: "a" }, { agent: "_other" }] }],
    ["does not say", "/activity", undefined],
    ["answers in another form", "/activity", { pairs: "none" }],
    ["answers with other items", "/activity", { pairs: [null, 5] }],
  ])("is taken as it is where the sidecar %s", async (_what, path, answer) => {
    answers.set(path, answer);
    expect((await freeze(["--agent", "zzz"])).code).toBe(0);
  });

  it("of a variable is checked too", async () => {
    expect(await freeze([], { TOLLGATE_ADMN: "x" })).toMatchObject({
      code: 64,
      stderr: "tollgate: TOLLGATE_ADMN: is no variable of Tollgate, did you mean `TOLLGATE_ADMIN`?\n",
    });
  });
});
