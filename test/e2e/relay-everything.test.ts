/** The reference server and the official Inspector, with the sidecar between them. */

import { beforeAll, describe, expect, it } from "vitest";
import { atEnd, startTollgate } from "../fixtures/lifetime.ts";
import { type EverythingServer, startEverythingServer } from "../fixtures/servers/everything.ts";
import type { RunningTollgate } from "../fixtures/start-tollgate.ts";
import { inspect } from "./relay/inspector.ts";
import { describeClients, itListsTools, itNotifiesOfEverything, itServesEverything } from "./relay/suites.ts";

let server: EverythingServer;
let tollgate: RunningTollgate;

beforeAll(async () => {
  server = await startEverythingServer();
  atEnd(() => server.close());
  tollgate = await startTollgate({ upstream: server.url, flags: ["--log-level", "error"] });
});

describeClients(
  () => tollgate.url,
  (connection) => {
    itListsTools(connection, () => server.url);
    itServesEverything(connection);
  },
);

itNotifiesOfEverything(() => tollgate.url);

describe("the Inspector's command line", () => {
  it("lists the tools of server-everything", async () => {
    const through = await inspect(tollgate.url, ["--method", "tools/list"]);
    const direct = await inspect(server.url, ["--method", "tools/list"]);
    expect(through).toEqual(direct);
    expect(through.code).toBe(0);
    expect(through.stdout).toContain('"get-sum"');
  });

  it("calls a tool of server-everything", async () => {
    const args = ["--method", "tools/call", "--tool-name", "get-sum", "--tool-arg", "a=20", "b=22"];
    const { code, stdout } = await inspect(tollgate.url, args);
    expect(code).toBe(0);
    expect(stdout).toContain("42");
  });

  it("calls a tool of it ten at a time", async () => {
    const call = ["--method", "tools/call", "--tool-name", "echo", "--tool-arg", "message=hello"];
    const { code, stdout } = await inspect(tollgate.url, [...call, "--load", "--load-requests", "200"]);
    expect(code, stdout).toBe(0);
  });
});
